import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  load,
  refusal,
  validConfiguration,
  withCredentials,
  withStore,
  warningPathsOf,
} from '../../support/configuration-fixture.js';

const accessKeyId = 'ABCDEFGHIJKLMNOPQRST';

const ODD_CHARACTERS = Array.from('abcXYZ019/+=-_ :"\'{}#');

describe('secrets in the report', () => {
  /** Long and odd enough never to be a part of one of our own sentences. */
  const secretText = fc
    .string({ minLength: 43, maxLength: 60, unit: fc.constantFrom(...ODD_CHARACTERS) })
    .map((text) => `Zq7${text}`);

  const places: readonly ((secret: unknown) => object)[] = [
    (secret) => withCredentials({ accessKeyId, secretAccessKey: secret }),
    (secret) => withCredentials({ accessKeyId: secret, secretAccessKey: 'short' }),
    (secret) => withCredentials({ accessKeyId, secretAccesKey: secret }),
    (secret) => withCredentials({ accessKeyId, secretAccessKey: { value: secret } }),
    (secret) => withCredentials({ accessKeyId, secretAccessKey: [secret] }),
    (secret) => withCredentials({ accessKeyId, [`secretAccessKey:${String(secret)}`]: null }),
    (secret) => withStore({ credentials: [secret] }),
    (secret) => withStore({ credentials: secret }),
    (secret) => ({
      ...validConfiguration(),
      keyManagers: [{ name: 'files', type: 'file', masterKey: secret }],
    }),
    (secret) => ({
      ...validConfiguration(),
      keyManagers: [{ name: 'files', type: 'file', masterKey: { key: secret } }],
    }),
    (secret) => ({
      ...validConfiguration(),
      keyManagers: [{ name: 'files', type: 'file', masterKey: { kee: secret } }],
    }),
    (secret) => withStore({ exposes: secret }),
    (secret) => ({ ...validConfiguration(), masterKey: secret }),
  ];

  it('any text in any place where a secret may be put → not a part of the error', () => {
    fc.assert(
      fc.property(secretText, fc.constantFrom(...places), (secret, put) => {
        const { message } = refusal({ ...put(secret), alwaysWrong: true });
        expect(message).not.toContain(secret.slice(0, 12));
      }),
      { numRuns: 150 },
    );
  });

  it('a secret by reference in the wrong field → told by its length and its reference', () => {
    const { message } = refusal(
      withStore({ pathPrefix: '${env:SECRET}', exposes: ['${env:SECRET}'] }),
      {
        SECRET: 'hunter 2',
      },
    );
    expect(message).not.toContain('hunter');
    expect(message).toContain('a text of 8 characters from ${env:SECRET}');
  });

  it.each([
    [
      'hunter 2 \n',
      'a text of 10 characters from ${env:SECRET}, with white space or an empty line',
    ],
    [' hunter 2', 'a text of 9 characters from ${env:SECRET}, with white space at its start'],
  ])('%j by reference → refused, and the white space is told', (SECRET, told) => {
    const credential = { accessKeyId, secretAccessKey: '${env:SECRET}' };
    const { message } = refusal(withCredentials(credential), { SECRET });
    expect(message).toContain(told);
    expect(message).not.toContain('hunter');
  });

  it('white space at the end of a secret that may have it → a warning', () => {
    const masterKey = { passphrase: '${env:PASSPHRASE}' };
    const { keyManagers } = validConfiguration();
    const { loaded } = load(
      {
        ...validConfiguration(),
        keyManagers: keyManagers.map((keyManager) => ({ ...keyManager, masterKey })),
      },
      { PASSPHRASE: 'hunter 2 hunter 2 hunter 2 ' },
    );
    expect(warningPathsOf(loaded)).toEqual(['keyManagers[0].masterKey.passphrase']);
    expect(JSON.stringify(loaded.warnings)).not.toContain('hunter');
  });

  it.each([
    'keyStores:\n  - secretAccessKey: "Zq7 unclosed\n',
    'secretAccessKey: "Zq7\\q"\n',
    'secretAccessKey: Zq7\nsecretAccessKey: Zq7\n',
    'secretAccessKey: !Zq7 x\n',
    'secretAccessKey: *Zq7\n',
    '- a\nsecretAccessKey: Zq7\n',
    'secretAccessKey: @Zq7\n',
  ])('YAML that is broken around a secret → the text is not quoted', (yaml) => {
    expect(refusal(yaml).message).not.toContain('Zq7');
  });
});

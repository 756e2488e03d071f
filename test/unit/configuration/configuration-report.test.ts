import { describe, expect, it } from 'vitest';
import {
  pathsOf,
  refusal,
  validConfiguration,
  withListener,
  withStore,
} from '../../support/configuration-fixture.js';

describe('the report', () => {
  it('many mistakes of every kind → all of them at once, in the order of the file', () => {
    const error = refusal(
      `
stateDirectory: .
listeners:
  - { host: 127.0.0.1, prot: 8443, plainHttp: true }
keyManagers:
  - { name: files, type: file, directory: keys, masterKey: { key: "\${file:absent.key}" } }
keyStores:
  - name: a
    pathPrefix: /same
    keyManager: nowhere
    exposes: all
    credentials: [{ accessKeyId: short, secretAccessKey: "\${env:ABSENT}" }]
  - name: a
    pathPrefix: /same
    keyManager: nowhere
    exposes: all
    credentials: []
`,
      { HOLDFAST_PORT: '70000' },
    );
    expect(
      error.problems.map(({ path, position }) => `${path.join('.')} ${position?.line ?? '-'}`),
    ).toEqual([
      'HOLDFAST_PORT -',
      'listeners.0.port 4',
      'listeners.0.prot 4',
      'keyManagers.0.masterKey.key 6',
      'keyStores.0.keyManager 10',
      'keyStores.0.credentials.0.accessKeyId 12',
      'keyStores.0.credentials.0.secretAccessKey 12',
      'keyStores.1.name 13',
      'keyStores.1.pathPrefix 14',
      'keyStores.1.keyManager 15',
      'keyStores.1.exposes 16',
      'keyStores.1.credentials 17',
    ]);
  });

  it('a misspelt field → the name that was meant', () => {
    const { message } = refusal(withStore({ credentals: [] }));
    expect(message).toContain('keyStores[0].credentals');
    expect(message).toContain('did you mean credentials?');
  });

  it.each([
    [{ type: 'postgres', addresses: ['127.0.0.1'], tls: 'off', directory: 'x' }, 'addresses'],
    [{ type: 'files', addresses: [], directory: 'x' }, 'directory'],
  ])('a field of another type, in %j → the fields of this one alone', (state, own) => {
    const { problems } = refusal({ ...validConfiguration(), state });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.allowed).toContain('the fields here are type');
    expect(problems[0]?.allowed).not.toContain('did you mean');
    expect(problems[0]?.allowed.includes('addresses')).toBe(own === 'addresses');
    expect(problems[0]?.allowed.includes('directory')).toBe(own === 'directory');
  });

  it('a master key from two sources → both are named, and that one has to go', () => {
    const masterKey = { key: '${file:master.key}', passphrase: '${file:master.key}' };
    const { keyManagers } = validConfiguration();
    const { message } = refusal({
      ...validConfiguration(),
      keyManagers: keyManagers.map((keyManager) => ({ ...keyManager, masterKey })),
    });
    expect(message).toContain('found:   a group with the fields key, passphrase');
    expect(message).toContain('allowed: either key or passphrase; keep one of them');
  });

  it('a value out of range → what was found and what is allowed', () => {
    const { message } = refusal(withListener({ port: 70_000 }));
    expect(message).toContain('listeners[0].port (line 4, column 5)');
    expect(message).toContain('found:   70000');
    expect(message).toContain('allowed: a port: a whole number from 0 to 65535');
  });

  it.each(['__proto__', 'constructor', 'toString', 'prototype'])(
    'a field called %s → refused as unknown, wherever it stands',
    (name) => {
      const inside = (fields: string) => `{ host: 127.0.0.1, port: 1, plainHttp: true, ${fields} }`;
      const yaml = `
stateDirectory: .
${name}: { quickstart: true }
listeners: [${inside(`${name}: { host: x }, limits: { ${name}: 1 }`)}]
keyManagers: [{ name: files, type: file, directory: keys, masterKey: { key: "\${file:master.key}" } }]
keyStores: [{ name: a, pathPrefix: "", keyManager: ${name}, exposes: all, credentials: [] }]
`;
      expect(pathsOf(refusal(yaml).problems)).toEqual(
        [
          name,
          'keyStores[0].credentials',
          'keyStores[0].keyManager',
          `listeners[0].${name}`,
          `listeners[0].limits.${name}`,
        ].sort(),
      );
    },
  );
});

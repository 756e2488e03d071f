import { expect, it } from 'vitest';
import { noteOrigins } from '../../../../src/configuration/reading/note-origins.js';
import { pathKey } from '../../../../src/configuration/reading/problem.js';
import { Secret } from '../../../../src/shared/secret.js';

it('secrets of references → know their file or variable; literal ones do not', () => {
  const configuration = {
    keyManagers: [{ masterKey: { key: new Secret('a') } }, { pin: new Secret('b') }],
    literal: new Secret('c'),
  };
  const references = new Map([
    [pathKey(['keyManagers', 0, 'masterKey', 'key']), '${file:secrets/master.key}'],
    [pathKey(['keyManagers', 1, 'pin']), '${env:PIN}'],
  ]);
  noteOrigins(configuration, references, '/var/lib/holdfast');
  const [{ masterKey }, { pin }] = configuration.keyManagers as [
    { masterKey: { key: Secret } },
    { pin: Secret },
  ];
  expect(masterKey.key.origin).toBe('the file /var/lib/holdfast/secrets/master.key');
  expect(pin.origin).toBe('the environment variable PIN');
  expect(configuration.literal.origin).toBe(undefined);
});

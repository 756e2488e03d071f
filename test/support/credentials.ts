import { Secret } from '../../src/shared/secret.js';
import type { CredentialSource } from '../../src/sigv4/credential-source.js';

/** Credentials that are always valid. @param secrets by access key id */
export function credentialsIn(secrets: Readonly<Record<string, string>>): CredentialSource {
  const known = new Map(Object.entries(secrets).map(([id, secret]) => [id, new Secret(secret)]));
  return {
    secretOf: (accessKeyId) => known.get(accessKeyId),
    refusalOf: () => 'unknown-access-key-id',
    signed: () => undefined,
  };
}

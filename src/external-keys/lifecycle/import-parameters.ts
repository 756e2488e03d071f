import { createHash } from 'node:crypto';
import type { ImportWay } from '../../key-managers/backend.js';
import { type ImportToken, MAX_IMPORT_TOKENS } from '../imported.js';
import type { KeyRecord } from '../record.js';
import { assertWay, importedKey, importOf } from './imported-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { writing } from './writing.js';

/** Validity of a wrapping key and its token. @see AWS KMS API Reference, GetParametersForImport */
const VALIDITY_MS = 24 * 3_600_000;
const TOKEN_BYTES = 64;

/** The parameters of one import: they are valid together, for one key, and once. */
export interface ImportParameters {
  /** The wrapping key: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
  /** Random bytes that permit the import. */
  readonly importToken: Buffer;
  readonly validTo: Date;
}

/**
 * Makes a wrapping key, and the token of one import under it.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function importParameters(
  { ports }: KeyActs,
  externalKeyId: string,
  way: ImportWay,
  by: string,
): Promise<ImportParameters> {
  const { records, clock, randomBytes } = ports;
  const { value, revision } = await importedKey(ports, externalKeyId, 'import');
  assertWay(ports, way);
  const { importTokens = [] } = value;
  if (importTokens.length >= MAX_IMPORT_TOKENS) throw tooMany(value, importTokens);
  const { wrappingKeyId, publicKey } = await importOf(ports).createWrappingKey(way);
  const importToken = randomBytes(TOKEN_BYTES);
  const now = clock.now();
  const validTo = new Date(now + VALIDITY_MS);
  const made: ImportToken = {
    sha256: hashOf(importToken),
    wrappingKeyId,
    way,
    made: { at: new Date(now).toISOString(), by },
    endsAt: validTo.toISOString(),
  };
  const changed: KeyRecord = { ...value, importTokens: [...importTokens, made] };
  try {
    await writing(records, changed, revision);
  } catch (error) {
    await discard(ports, wrappingKeyId, externalKeyId);
    throw error;
  }
  return { publicKey, importToken, validTo };
}

/** The name by which the record knows a token, which is never kept itself. */
export function hashOf(importToken: Buffer): string {
  return createHash('sha256').update(importToken).digest('hex');
}

/** Tells whether a wrapping key and its token are not valid any more. */
export function hasEnded({ endsAt }: ImportToken, nowMs: number): boolean {
  return nowMs >= Date.parse(endsAt);
}

/** Destroys a wrapping key that the record does not know: nobody could do it later. */
async function discard(ports: LifecyclePorts, wrappingKeyId: string, externalKeyId: string) {
  try {
    await importOf(ports).destroyWrappingKey(wrappingKeyId);
  } catch (error) {
    const fields = { externalKeyId, wrappingKeyId, err: error };
    ports.log.error(fields, 'a wrapping key that nobody will use is left at the key manager');
  }
}

function tooMany({ externalKeyId }: KeyRecord, tokens: readonly ImportToken[]): LifecycleError {
  return new LifecycleError(
    'conflict',
    `${externalKeyId} has ${tokens.length} wrapping keys that nobody has used yet, and more are ` +
      `not made. Use one of them, or wait: the oldest is valid until ${tokens[0]?.endsAt ?? ''}`,
  );
}

import { KeyManagerError, type WrappedMaterial } from '../../key-managers/backend.js';
import type { ImportedVersion } from '../imported.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { isCertainlyUndone } from './certainly-undone.js';
import { type OfferedMaterial, permittedBy, targetOf } from './import-target.js';
import { makeWitness, witnessOf } from './import-witness.js';
import { assertMaterialCanGo, importedKey, importOf } from './imported-key.js';
import { presentVersions } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { BegunRecord, CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';

/**
 * Imports wrapped material into a key. The attempt spends the token, whatever becomes of it:
 * otherwise the answers to many attempts could tell something of the wrapping key.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function importMaterial(
  acts: KeyActs,
  externalKeyId: string,
  offered: OfferedMaterial,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { ports } = acts;
  const { value, revision } = await importedKey(ports, externalKeyId, 'import');
  importOf(ports);
  assertExpiry(ports, offered);
  const token = permittedBy(ports, value, offered);
  const { way, wrappingKeyId } = token;
  const present = await presentVersions(ports, externalKeyId);
  const { version, waits, before } = targetOf(ports, value, offered, present);
  const witness = before?.witness && witnessOf(before.witness);
  const given: WrappedMaterial = {
    ...{ way, wrappingKeyId, wrapped: offered.wrapped, version, waits },
    ...(witness && { witness }),
  };
  const expiresAt = offered.expiresAt?.toISOString();
  const material = { version, waits, wrappingKeyId, ...(expiresAt !== undefined && { expiresAt }) };
  const importTokens = value.importTokens?.filter((each) => each !== token);
  const spent = { value: { ...value, importTokens }, revision };
  try {
    return await acts.perform(spent, { act: 'import', material }, by, importing(given));
  } catch (error) {
    throw refusedFor(error, given);
  }
}

/** The first try of an import, which alone has the wrapped material. */
function importing(given: WrappedMaterial): CarryOut {
  return async (ports, record) => {
    const materialImport = importOf(ports);
    // Where its key manager encrypts with the newest version, no replica may take this one for it.
    if (given.waits) await settledFor(ports, record);
    try {
      await materialImport.importKeyMaterial(record.externalKeyId, given);
    } catch (error) {
      if (isCertainlyUndone(error)) await materialImport.destroyWrappingKey(given.wrappingKeyId);
      throw error;
    }
    return goingOn(async () => {
      await materialImport.destroyWrappingKey(given.wrappingKeyId);
      return withMaterial(ports, record);
    });
  };
}

/** Resolves when every live replica knows what is begun. */
function settledFor(ports: LifecyclePorts, { externalKeyId }: BegunRecord): Promise<void> {
  return ports.settled(ports.records.keyRecordOf(externalKeyId)?.revision ?? 0);
}

/**
 * Finishes an import, or undoes it: without the wrapping key no import can come any more, and then
 * either the material is there or it is not.
 */
export const carryOutImport: CarryOut = (ports, record) =>
  goingOn(async () => {
    const { material } = record.intent;
    if (material === undefined) return withoutIntent(record);
    await importOf(ports).destroyWrappingKey(material.wrappingKeyId);
    const before = record.imports?.find(({ version }) => version === material.version);
    // It was there before, so nobody can tell whether the same was offered.
    if (before !== undefined && before.destroyed === undefined) return withoutIntent(record);
    return withMaterial(ports, record);
  });

/** Does the rest of an import that may have happened: a refusal does not undo it any more. */
async function goingOn(rest: () => Promise<KeyRecord>): Promise<KeyRecord> {
  try {
    return await rest();
  } catch (cause) {
    if (!isCertainlyUndone(cause)) throw cause;
    const message = `the import cannot be finished: ${cause.message}`;
    throw new KeyManagerError('internal', message, { cause });
  }
}

/** The record of a key whose material has come; of one to which none has, as it was. */
async function withMaterial(ports: LifecyclePorts, record: BegunRecord): Promise<KeyRecord> {
  const { externalKeyId, intent, imports = [], state } = record;
  const { material, begun } = intent;
  const present = material && (await presentVersions(ports, externalKeyId)).get(material.version);
  if (material === undefined || present === undefined) return withoutIntent(record);
  const { version, waits, expiresAt } = material;
  const before = imports.find((each) => each.version === version);
  const imported: ImportedVersion = {
    version,
    imported: { at: new Date(ports.clock.now()).toISOString(), by: begun.by },
    ...(expiresAt !== undefined && { expiresAt }),
    ...(waits
      ? { waits }
      : { witness: before?.witness ?? (await makeWitness(ports, externalKeyId, present)) }),
  };
  ports.events.tell({
    ...{ event: 'key-imported', keyManager: ports.keyManager.name, externalKeyId },
    ...{ keyVersion: version, by: begun.by, expiresAt },
  });
  return {
    ...withoutIntent(record),
    state: state === 'PendingImport' ? 'Enabled' : state,
    imports: [...imports.filter((each) => each !== before), imported].sort(
      (a, b) => a.version - b.version,
    ),
  };
}

function withoutIntent({ intent: _intent, ...record }: BegunRecord): KeyRecord {
  return record;
}

/** @throws LifecycleError for a date that has passed, and where material cannot expire */
function assertExpiry(ports: LifecyclePorts, { expiresAt }: OfferedMaterial): void {
  if (expiresAt === undefined) return;
  assertMaterialCanGo(ports);
  if (expiresAt.getTime() > ports.clock.now()) return;
  const message = `the date at which material expires must be in the future: ${expiresAt.toISOString()}`;
  throw new LifecycleError('invalid', `${message} has passed`);
}

/** The refusal of a key manager, in words for the one who has wrapped the material. */
function refusedFor(error: unknown, { version, witness }: WrappedMaterial): unknown {
  if (!(error instanceof KeyManagerError)) return error;
  const spent = 'The token is spent: get new import parameters';
  if (error.code === 'rejected') {
    const message =
      'the wrapped material does not open to 32 bytes by this wrapping key and algorithm. Nothing ' +
      `is imported. ${spent}`;
    return new LifecycleError('invalid', message, { cause: error });
  }
  if (error.code !== 'conflict' || witness === undefined) return error;
  const message =
    `it is not the material that version ${version} had before, and a version takes no other. ` +
    `Nothing is imported. ${spent}`;
  return new LifecycleError('conflict', message, { cause: error });
}

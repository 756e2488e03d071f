import { KeyManagerError, type KeyUsage, type MaterialOrigin } from '../../key-managers/backend.js';
import { StateError } from '../../state/errors.js';
import type { StateDocument } from '../../state/collection.js';
import type { Recorded } from '../key-records.js';
import type { IdRecord, KeyRecord } from '../record.js';
import { assertActsAreSafe, cannot, describedKeyIfThere } from './known-key.js';
import { assertEncrypts } from './imported-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';

/** A key that is wanted. */
export interface WantedKey {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
  readonly origin: MaterialOrigin;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes a key: with fresh material, or pending the import of its material.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function createKey(
  acts: KeyActs,
  wanted: WantedKey,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { ports } = acts;
  assertCanCreate(ports, wanted);
  assertInStep(ports);
  const { externalKeyId, usage, origin, description, tags } = wanted;
  const replaces = freeAt(ports.records.documentOf(externalKeyId), externalKeyId);
  await assertNotThere(ports, externalKeyId);
  const value: KeyRecord = {
    kind: 'key',
    externalKeyId,
    state: 'Creating',
    origin,
    usage: [...usage],
    created: { at: new Date(ports.clock.now()).toISOString(), by },
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  };
  return acts.perform({ value, revision: replaces }, { act: 'create' }, by);
}

/** Makes the key, unless it is there: then the call before this one has made it. */
export const carryOutCreate: CarryOut = async (ports, { intent: _intent, ...record }) => {
  const { externalKeyId, usage = [], origin } = record;
  const isExternal = origin === 'external';
  try {
    await ports.keyManager.administration.createKey?.(
      externalKeyId,
      new Set(usage),
      ...(isExternal ? (['external'] as const) : []),
    );
  } catch (error) {
    if (!(await isMade(ports, externalKeyId, error))) throw error;
  }
  return { ...record, state: isExternal ? 'PendingImport' : 'Enabled' };
};

/** @throws LifecycleError `unsupported` */
function assertCanCreate(ports: LifecyclePorts, wanted: WantedKey): void {
  const { keyManager, capabilities } = ports;
  const { administration } = keyManager;
  const { externalKeyId, usage, origin } = wanted;
  if (administration.createKey === undefined)
    throw cannot(keyManager.name, 'create keys', capabilities.create);
  if (origin === 'generated') return;
  assertActsAreSafe(ports);
  if (administration.materialImport === undefined) {
    throw cannot(keyManager.name, 'import key material', capabilities.import);
  }
  assertEncrypts(externalKeyId, usage);
}

/**
 * The revision that the record of a new key replaces.
 *
 * @throws LifecycleError `conflict` for an id that is taken
 */
function freeAt(document: StateDocument<IdRecord> | undefined, externalKeyId: string): number {
  if (document === undefined) return 0;
  if (document.kind === 'removed') return document.revision;
  if (document.kind !== 'value') {
    const message = `${externalKeyId} is taken by a record that cannot be used: ${document.problem}`;
    throw new LifecycleError('conflict', message);
  }
  const { value } = document;
  if (value.kind === 'key' && value.state === 'Destroyed') {
    const message = `${value.externalKeyId} was destroyed; the id of a destroyed key is never used again`;
    throw new LifecycleError('conflict', message);
  }
  const message = `${externalKeyId} is taken by the ${value.kind} ${value.externalKeyId}`;
  throw new LifecycleError('conflict', message);
}

/** Says it in the words of the state before the key manager does in its own. @throws StateError */
function assertInStep({ state }: LifecyclePorts): void {
  if (state.isInStep) return;
  const { kind, problems } = state.standing;
  const code = kind === 'gone-back' ? 'gone-back' : 'unavailable';
  throw new StateError(code, problems.join('; '));
}

/** @throws LifecycleError `conflict` for a key that only its key manager knows */
async function assertNotThere(ports: LifecyclePorts, externalKeyId: string): Promise<void> {
  if ((await describedKeyIfThere(ports, externalKeyId)) === undefined) return;
  const message = `${externalKeyId} is taken by a key of ${ports.keyManager.name}`;
  throw new LifecycleError('conflict', message);
}

/** Tells whether a key is there although the call to make it was refused. */
async function isMade(ports: LifecyclePorts, externalKeyId: string, error: unknown) {
  if (!(error instanceof KeyManagerError) || error.code !== 'conflict') return false;
  return (await describedKeyIfThere(ports, externalKeyId)) !== undefined;
}

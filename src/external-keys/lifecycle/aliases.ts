import type { Recorded } from '../key-records.js';
import type { AliasRecord } from '../record.js';
import { assertActsAreSafe, assertAllowed, describedKeyIfThere, knownKey } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { writing } from './writing.js';

/** The key store of an alias, as far as aliases go. */
export interface AliasKeyStore {
  readonly name: string;
  /** True where ciphertexts name the material that made them: otherwise no alias can be moved. */
  readonly namesMaterial: boolean;
  exposes(externalKeyId: string): boolean;
}

/** An alias, and the key that it is to point to. */
export interface WantedAlias {
  readonly alias: string;
  readonly target: string;
}

/**
 * Makes an alias: an external key id that points to a key of the same key store. One that was
 * deleted comes back, and goes on knowing where it has pointed.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function createAlias(
  { ports }: KeyActs,
  keyStore: AliasKeyStore,
  wanted: WantedAlias,
  by: string,
): Promise<Recorded<AliasRecord>> {
  const { records, clock } = ports;
  const { alias, target } = wanted;
  assertExposed(keyStore, alias);
  await assertTarget(ports, keyStore, target);
  const created = { at: new Date(clock.now()).toISOString(), by };
  const known = records.aliasRecordOf(alias);
  if (known === undefined) {
    const replaces = await freeRevision(ports, alias);
    const value: AliasRecord = {
      ...{ kind: 'alias', externalKeyId: alias, keyStore: keyStore.name },
      ...{ enabled: true, created, targets: [target] },
    };
    return writing(records, value, replaces);
  }
  if (known.value.enabled) throw taken(alias);
  return moved(ports, keyStore, { known, target }, by);
}

/**
 * Moves an alias to another key. What was encrypted before opens with the key that made it.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function moveAlias(
  { ports }: KeyActs,
  keyStore: AliasKeyStore,
  { alias, target }: WantedAlias,
  by: string,
): Promise<Recorded<AliasRecord>> {
  const known = knownAlias(ports, alias);
  if (!known.value.enabled) throw deleted(alias);
  await assertTarget(ports, keyStore, target);
  return moved(ports, keyStore, { known, target }, by);
}

/**
 * Deletes an alias: it is refused from then on. Its name stays taken, and where it has pointed
 * stays known.
 *
 * @throws LifecycleError or StateError
 */
export async function deleteAlias(
  { ports }: KeyActs,
  alias: string,
): Promise<Recorded<AliasRecord>> {
  assertActsAreSafe(ports);
  const { value, revision } = knownAlias(ports, alias);
  if (!value.enabled) throw deleted(alias);
  return writing(ports.records, { ...value, enabled: false }, revision);
}

/** @throws LifecycleError `not-found` */
export function knownAlias({ records }: LifecyclePorts, alias: string): Recorded<AliasRecord> {
  const known = records.aliasRecordOf(alias);
  if (known !== undefined) return known;
  throw new LifecycleError('not-found', `there is no alias ${alias}`);
}

function moved(
  { records, clock }: LifecyclePorts,
  keyStore: AliasKeyStore,
  { known, target }: { readonly known: Recorded<AliasRecord>; readonly target: string },
  by: string,
): Promise<Recorded<AliasRecord>> {
  const { value, revision } = known;
  if (value.keyStore !== keyStore.name) {
    const message = `${value.externalKeyId} belongs to key store ${value.keyStore}`;
    throw new LifecycleError('conflict', message);
  }
  if (!keyStore.namesMaterial && value.targets[0] !== target) {
    throw new LifecycleError(
      'unsupported',
      `key store ${keyStore.name} writes ciphertexts of AWS's sample, which do not name the key ` +
        'that made them: after a move they could not be decrypted any more',
    );
  }
  const former = value.targets.filter((each) => each !== target);
  const at = new Date(clock.now()).toISOString();
  const targets: AliasRecord['targets'] = [target, ...former];
  return writing(records, { ...value, enabled: true, targets, moved: { at, by } }, revision);
}

function assertExposed(keyStore: AliasKeyStore, externalKeyId: string): void {
  if (keyStore.exposes(externalKeyId)) return;
  const message = `key store ${keyStore.name} does not expose ${externalKeyId}`;
  throw new LifecycleError('invalid', message);
}

/** An alias of an alias would need to be followed at every request. */
async function assertTarget(
  ports: LifecyclePorts,
  keyStore: AliasKeyStore,
  target: string,
): Promise<void> {
  assertActsAreSafe(ports);
  assertExposed(keyStore, target);
  const { value } = await knownKey(ports, target);
  assertAllowed(value, 'take-alias', ports.clock.now());
}

/** @throws LifecycleError `conflict` for a name that a key or an alias has, or had */
async function freeRevision(ports: LifecyclePorts, alias: string): Promise<number> {
  const document = ports.records.documentOf(alias);
  if (document !== undefined && document.kind !== 'removed') throw taken(alias);
  if ((await describedKeyIfThere(ports, alias)) !== undefined) throw taken(alias);
  return document?.revision ?? 0;
}

function taken(alias: string): LifecycleError {
  return new LifecycleError('conflict', `${alias} is the name of another key or alias, or was`);
}

function deleted(alias: string): LifecycleError {
  return new LifecycleError('invalid-state', `the alias ${alias} was deleted`);
}

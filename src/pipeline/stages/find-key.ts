import type { BlockTable } from '../../authorization/blocks/block-table.js';
import type { AliasStanding, KeyStanding } from '../../external-keys/standing.js';
import { answerOf } from '../../external-keys/states.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyVersion,
} from '../../key-managers/backend.js';
import { type MaybePromise, settled } from '../../key-managers/maybe-promise.js';
import type { CountedRequest } from '../../key-stores/quotas/quotas.js';
import { XksError } from '../../xks/errors.js';
import type { KeyOperation, KeyRequest } from '../../xks/operation.js';
import type { FoundKey, ServedKeyStore } from '../context.js';
import type { Execution } from '../execution.js';
import { PendingDeletionError } from '../pending-deletion.js';
import { NotExposedError } from './check-exposure.js';
import { assertStateAllows } from './check-state-and-usage.js';

/** A request on a key, as far as it has come. */
export interface AskedFor {
  readonly operation: KeyOperation;
  /** The key or the alias that was asked for. */
  readonly externalKeyId: string;
  /** The caller, by the word of KMS. */
  readonly principal: string | undefined;
  /** The account that it counts for. */
  readonly account: string;
  /** Absent where no quota counts it. */
  readonly counted: Pick<CountedRequest, 'ofAccount'> | undefined;
  readonly request: KeyRequest;
  readonly keyStore: ServedKeyStore;
  readonly blocks: BlockTable;
  readonly execution: Execution;
}

/**
 * Finds the key that a request is for, which an alias may point to. A key whose state refuses the
 * operation is not asked for at its key manager.
 *
 * @throws XksError for the state, or KeyManagerError
 */
export function findKey(asked: AskedFor): MaybePromise<FoundKey> {
  const { externalKeyId } = asked;
  const { keys } = asked.keyStore;
  const alias = keys.aliasOf(externalKeyId);
  if (alias !== undefined) return findTarget(alias, asked);
  return settled(
    () => describe(externalKeyId, asked),
    (found) => found,
    async (error) => {
      if (!(error instanceof KeyManagerError) || error.code !== 'key-not-found') throw error;
      // Another replica may have made an alias of that name just now.
      await keys.caughtUp();
      const made = keys.aliasOf(externalKeyId);
      if (made === undefined) throw error;
      return findTarget(made, asked);
    },
  );
}

async function findTarget(alias: AliasStanding, asked: AskedFor): Promise<FoundKey> {
  const { keyStore, request, execution } = asked;
  if (alias.keyStore !== keyStore.name) {
    throw new NotExposedError('an alias of another key store');
  }
  if (!alias.enabled) {
    throw new XksError('InvalidStateException', 'The external key is disabled.', {
      reason: 'the alias was deleted',
    });
  }
  const [current] = alias.targets;
  const exposed = alias.targets.filter((each) => keyStore.exposes(each));
  const made = request.namedMaterial;
  const isOfOther = made !== undefined && exposed.some((each) => each !== current);
  const target = isOfOther ? await ownerOf(made, exposed, asked) : undefined;
  // What a key store exposes may have changed since the alias was made.
  if (target === undefined && !keyStore.exposes(current)) {
    throw new NotExposedError('the key store does not expose the target');
  }
  execution.targetKeyId = target ?? current;
  return describe(execution.targetKeyId, asked);
}

/**
 * Finds the key that has the material which a ciphertext names, among those that an alias has
 * pointed to: ciphertexts made before the alias was moved still open. What is remembered of the
 * keys never says no: before none of them is found to have it, each is read anew.
 */
async function ownerOf(
  made: KeyVersion,
  targets: readonly string[],
  { keyStore: { keyManager }, execution }: AskedFor,
): Promise<string | undefined> {
  const remembered = (id: string) => keyManager.describeKey(id, execution);
  const anew = (id: string) => keyManager.describeKeyAnew(id, execution);
  return (await ownerBy(remembered, made, targets)) ?? (await ownerBy(anew, made, targets));
}

/** @throws KeyManagerError where none is found to have it, and one of them cannot be asked */
async function ownerBy(
  describeKey: (externalKeyId: string) => MaybePromise<KeyDescription>,
  { version, materialName }: KeyVersion,
  targets: readonly string[],
): Promise<string | undefined> {
  let failure: KeyManagerError | undefined;
  for (const target of targets) {
    try {
      const { versions } = await describeKey(target);
      if (versions.get(version)?.materialName.equals(materialName) === true) return target;
    } catch (error) {
      if (!(error instanceof KeyManagerError)) throw error;
      // A key that is gone is not asked; one that cannot be asked may have made it.
      if (error.code !== 'key-not-found') failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function describe(externalKeyId: string, asked: AskedFor): MaybePromise<FoundKey> {
  const { keys } = asked.keyStore;
  const standing = keys.keyOf(externalKeyId);
  if (standing.state === 'Enabled') return described(externalKeyId, standing, asked);
  // Another replica may have enabled it, or made it, just now.
  return keys.caughtUp().then(() => {
    const now = keys.keyOf(externalKeyId);
    if (now.state === 'Destroyed') keys.destroyedAsked(externalKeyId);
    assertStanding(externalKeyId, asked.operation, now);
    return described(externalKeyId, now, asked);
  });
}

function described(
  externalKeyId: string,
  standing: KeyStanding,
  { keyStore, execution }: AskedFor,
): MaybePromise<FoundKey> {
  const recorded = describedByRecord(externalKeyId, standing);
  return settled(
    () => recorded ?? keyStore.keyManager.describeKey(externalKeyId, execution),
    (description) => ({ keyStore, standing, description, execution }),
  );
}

/** @throws XksError as the table of states has it */
function assertStanding(
  externalKeyId: string,
  operation: KeyOperation,
  { state, deletionAt }: KeyStanding,
): void {
  if (state === 'PendingDeletion' && answerOf(state, operation.name) !== 'allowed') {
    throw new PendingDeletionError({ externalKeyId, deletionAt });
  }
  assertStateAllows(operation, state);
}

/** The description of a key that its key manager may not have yet. */
function describedByRecord(
  externalKeyId: string,
  { state, usage }: KeyStanding,
): KeyDescription | undefined {
  if (usage === undefined || (state !== 'Creating' && state !== 'PendingImport')) return undefined;
  return { externalKeyId, usage, enabled: false, current: undefined, versions: new Map() };
}

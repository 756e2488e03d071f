import { KeyManagerError, type MovedKeys } from '../../backend.js';
import type { OperatorLog } from '../../../shared/operator-log.js';
import type { KeyRing } from '../keys/key-ring.js';
import { lowercasedIdsOf } from '../keys/place.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import type { SwitchedKeys } from './switched-keys.js';
import { told } from './told.js';
import { destroyedKeysOf, type MoveWay } from './way.js';

/**
 * Moves keys from one place to another while they serve. Until the old place is marked, it is the
 * one that serves, and whatever fails leaves it as it was; from then on the new one is.
 */
export async function moveKeys(
  keys: SwitchedKeys,
  way: MoveWay,
  log: OperatorLog,
): Promise<MovedKeys> {
  const source = keys.keys;
  let next: PlacedKeys | undefined;
  try {
    assertWhole(source.ring);
    // Most of the copying is done before anybody has to wait.
    await way.copy(source);
    await source.gate.shut();
    await way.hold();
    await way.copy(source);
    assertWhole(source.ring);
    next = await way.open();
    assertSame(source.ring, next.ring);
    await assertSameDestroyed(source, next);
    await leave(way);
  } catch (error) {
    await next?.release();
    if (error instanceof UndecidedError) source.gate.leaveShut(error.message);
    else await abandon(source, way, log);
    throw told(error);
  }
  keys.switchTo(next);
  for (const clear of [() => way.finish(), () => source.release()]) {
    await clear().catch((error: unknown) => {
      log.warn({ err: error }, 'what is left of the move is done by the next start');
    });
  }
  const count = [...next.ring.keys].length;
  log.info({ keys: count, place: way.place }, `the keys have moved to ${way.place}`);
  return { keys: count, place: way.place, isShared: next.isShared };
}

async function abandon(source: PlacedKeys, way: MoveWay, log: OperatorLog): Promise<void> {
  await way.abandon().catch((error: unknown) => {
    log.warn({ err: error }, 'other replicas are told by the next change that the keys stay');
  });
  source.gate.open();
}

/** Nobody knows whether the old place is marked: then it must not change any more. */
class UndecidedError extends KeyManagerError {
  constructor(cause: unknown) {
    super(
      'internal',
      'it is not known whether the old place is marked. Keys are used as before; no key is made, ' +
        'and no block is taken, until the move is tried again or Holdfast starts again',
      { cause },
    );
  }
}

async function leave(way: MoveWay): Promise<void> {
  try {
    await way.leave();
  } catch (error) {
    const hasLeft = await way.hasLeft().catch((cause: unknown) => {
      throw new UndecidedError(cause);
    });
    if (!hasLeft) throw error;
  }
}

function assertWhole(ring: KeyRing): void {
  const damaged = [...ring.damaged].map(({ documentName }) => documentName);
  if (damaged.length === 0) return;
  throw new KeyManagerError(
    'corrupt',
    `keys with damaged documents do not move, and none moves without them: ${damaged.join(', ')}. ` +
      'Restore the documents from a backup first.',
  );
}

/** Every version of every key must have the same material at the new place. */
function assertSame(source: KeyRing, copy: KeyRing): void {
  for (const key of source.keys) {
    const { externalKeyId, versions } = key.describe();
    const copied = copy.find(externalKeyId);
    const described = copied?.describe();
    const isSame = [...versions.values()].every((version) => {
      if (copied === undefined || !described?.versions.has(version.version)) return false;
      return copied.version(version).key.equals(key.version(version).key);
    });
    if (copied !== undefined && isSame) continue;
    throw new KeyManagerError(
      'internal',
      `the copy of ${externalKeyId} does not open as it should`,
    );
  }
}

/** No id of a destroyed key may be free at the new place. */
async function assertSameDestroyed(source: PlacedKeys, copy: PlacedKeys): Promise<void> {
  const copied = lowercasedIdsOf(await destroyedKeysOf(copy));
  for (const { externalKeyId } of await destroyedKeysOf(source)) {
    if (copied.has(externalKeyId.toLowerCase())) continue;
    throw new KeyManagerError(
      'internal',
      `${externalKeyId} was destroyed, and the new place does not know it`,
    );
  }
}

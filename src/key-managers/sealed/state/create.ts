import { type MasterKey, masterKeyFrom } from '../../../sealing/master-key.js';
import type { State } from '../../../state/state.js';
import type { BlockRequest, DrawnBlock } from '../../../state/store.js';
import { KeyManagerError } from '../../backend.js';
import { MIN_BLOCK } from '../../counting/block-size.js';
import { IvSource } from '../../counting/iv-source.js';
import type { BackendPorts, BackendStart } from '../../definition.js';
import { administrationOf } from '../keys/administration.js';
import type { DamagedKey } from '../keys/damaged-key.js';
import { ExternalKey } from '../keys/external-key.js';
import { KeyRing, type LoadedKeys } from '../keys/key-ring.js';
import { MAX_ENCRYPTIONS } from '../keys/max-encryptions.js';
import { PlaceGate } from '../keys/place-gate.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { SealedNode } from '../keys/sealed-node.js';
import type { SealedKeyManagerConfig } from './config.js';
import { loadKey, type LoadingPorts } from './load-key.js';
import { sealedKeysIn, StateNames } from './sealed-keys.js';
import { SharedSealedNode } from './shared-node.js';
import { StateFollower } from './state-follower.js';
import { StatePlace } from './state-place.js';

/** The same start as every backend's, with what tests replace. */
export interface SealedKeyManagerStart extends BackendStart {
  /** Another number of encryptions that a version may make, for tests. */
  readonly perVersion?: number;
}

/** Counters drawn from in one transaction. */
const DRAWN_AT_ONCE = 1_000;

/**
 * Opens the keys of a key manager in the state.
 *
 * @throws KeyManagerError `misconfigured` where there are none and none may be begun, and where
 *   the master key opens none of the documents; SealingError `invalid-master-key`
 */
export async function createSealedKeyManagerNode(
  config: SealedKeyManagerConfig,
  ports: BackendPorts,
  start: SealedKeyManagerStart = {},
): Promise<PlacedKeys> {
  const { state } = ports;
  if (state === undefined) {
    throw new KeyManagerError('misconfigured', 'sealed keys are in the state, which is not open');
  }
  const { perVersion = MAX_ENCRYPTIONS, init = false, readOnly = false } = start;
  const masterKey = masterKeyFrom(config.masterKey, ports.randomBytes);
  const names = new StateNames(config.name);
  let caughtUp = () => Promise.resolve();
  const { name: keyManager } = config;
  const gate = new PlaceGate(
    new StatePlace({ state, keyManager, perVersion, readOnly, caughtUp: () => caughtUp() }),
  );
  const loading: LoadingPorts = { masterKey, names, place: gate, ports };
  const loaded = await loadKeys(state, loading);
  assertUsable(loaded, config, masterKey, init);
  const sealingKey = loaded.keys[0]?.sealingKey ?? (await masterKey.create());
  const ring = new KeyRing(loaded, sealingKey, { place: gate, ports });
  const follower = new StateFollower(ring, loading, sealedKeysIn(state), state);
  caughtUp = () => follower.caughtUp();
  if (!readOnly && state.isInStep) await prepareKeys(ring, state, names, perVersion);
  const ivs = new IvSource(ports.randomBytes);
  const nodePorts = { identity: config, ring, place: { close: () => follower.close() }, ivs };
  const node = state.isShared
    ? new SharedSealedNode({
        ...nodePorts,
        async catchUp(deadline) {
          await state.refresh(deadline);
          await follower.caughtUp();
        },
      })
    : new SealedNode(nodePorts);
  return {
    node,
    administration: administrationOf(ring),
    ring,
    gate,
    directory: undefined,
    counts: () => countsIn(state, names),
    release: () => follower.close(),
  };
}

async function countsIn(state: State, names: StateNames): Promise<ReadonlyMap<string, number>> {
  const { counterPrefix } = names;
  const counts = await state.counters.read(counterPrefix);
  return new Map([...counts].map(([name, count]) => [name.slice(counterPrefix.length), count]));
}

async function loadKeys(state: State, loading: LoadingPorts): Promise<LoadedKeys> {
  const keys: ExternalKey[] = [];
  const damaged: DamagedKey[] = [];
  for (const document of sealedKeysIn(state).list()) {
    if (!document.id.startsWith(loading.names.prefix)) continue;
    const loaded = await loadKey(document, loading);
    if (loaded instanceof ExternalKey) keys.push(loaded);
    else if (loaded !== undefined) damaged.push(loaded);
  }
  return { keys, damaged };
}

function assertUsable(
  { keys, damaged }: LoadedKeys,
  { name }: SealedKeyManagerConfig,
  masterKey: MasterKey,
  init: boolean,
): void {
  if (keys.length > 0) return;
  if (damaged.length > 0) {
    const problems = damaged.slice(0, 10).map(({ problem }) => `  ${problem}`);
    throw new KeyManagerError(
      'misconfigured',
      `The master key, ${masterKey.name}, opens none of the ${damaged.length} documents of the ` +
        `key manager ${name} in the state store. Nothing has been changed.\n${problems.join('\n')}`,
    );
  }
  if (init) return;
  throw new KeyManagerError(
    'misconfigured',
    `The key manager ${name} finds no keys in the state store. A store that is not the right one ` +
      'looks the same, so nothing is made there. If this is a new key manager, start once with ' +
      '--init keys.',
  );
}

/** Takes the first blocks, gives new versions where none is to be had, and makes the test key. */
async function prepareKeys(
  ring: KeyRing,
  state: State,
  names: StateNames,
  perVersion: number,
): Promise<void> {
  const keys = [...ring.keys].filter((key) => key.description.current !== undefined);
  for (let from = 0; from < keys.length; from += DRAWN_AT_ONCE) {
    const some = keys.slice(from, from + DRAWN_AT_ONCE);
    const requests = some.map((key) => firstBlock(key, names, perVersion));
    const blocks = await firstBlocks(state, requests);
    for (const [index, key] of some.entries()) key.begin(blocks[index] ?? 'count-unknown');
  }
  await ring.renewVersions();
  await ring.makeHealthTestKey().catch(async (error: unknown) => {
    // Another replica that starts at the same time makes it, too.
    if (!(error instanceof KeyManagerError) || error.code !== 'conflict') throw error;
  });
}

function firstBlock(key: ExternalKey, names: StateNames, limit: number): BlockRequest {
  const name = key.description.current?.materialName ?? Buffer.alloc(0);
  return { counter: names.counter(name), size: MIN_BLOCK, limit };
}

/**
 * A store that may be away gives the first blocks before anybody is served; one of this process's
 * own gives them at first use, and tells here how far the counts have come.
 */
async function firstBlocks(
  state: State,
  requests: readonly BlockRequest[],
): Promise<readonly DrawnBlock[]> {
  if (state.isShared) return state.counters.drawMany(requests);
  const known = await state.counters.read('');
  return requests.map(({ counter }) => {
    const next = known.get(counter);
    return next === undefined ? 'count-unknown' : { from: next, to: next };
  });
}

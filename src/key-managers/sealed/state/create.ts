import { type MasterKey, masterKeyFrom } from '../../../sealing/master-key.js';
import type { StateDocument } from '../../../state/collection.js';
import { StateError } from '../../../state/errors.js';
import type { State } from '../../../state/state.js';
import { LEASE_MS } from '../../../state/store.js';
import { KeyManagerError, type KeyManagerNode } from '../../backend.js';
import { IvSource } from '../../counting/iv-source.js';
import type { BackendPorts, BackendStart } from '../../definition.js';
import { administrationOf } from '../keys/administration.js';
import type { DamagedKey } from '../keys/damaged-key.js';
import { ExternalKey } from '../keys/external-key.js';
import type { KeptDocument } from '../keys/kept-document.js';
import { KeyRing, type LoadedKeys } from '../keys/key-ring.js';
import { MAX_ENCRYPTIONS } from '../keys/max-encryptions.js';
import { PlaceGate } from '../keys/place-gate.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { withinStart } from '../keys/within-start.js';
import { SealedNode } from '../keys/sealed-node.js';
import { BlockSupply } from './block-supply.js';
import { WrappingKeys } from '../keys/wrapping-keys.js';
import { boundedMasterKey } from './bounded-master-key.js';
import type { SealedKeyManagerConfig } from './config.js';
import { loadKey, type LoadingPorts } from './load-key.js';
import { sealedKeysIn, StateNames } from './sealed-keys.js';
import { SharedSealedNode } from './shared-node.js';
import { StateFollower } from './state-follower.js';
import { StatePlace } from './state-place.js';
import { OwnMoves } from './own-moves.js';
import { Whereabouts } from './whereabouts.js';

/** The time beyond a lease for which a start waits until every key has what it needs. */
const RENEWAL_MS = 10_000;

/** The same start as every backend's, with what tests replace. */
export interface SealedKeyManagerStart extends BackendStart {
  /** Another number of encryptions that a version may make, for tests. */
  readonly perVersion?: number;
  /** Another time that the start waits for new versions, for tests. */
  readonly renewalMs?: number;
  /** The moves of keys that this process makes. */
  readonly moves?: OwnMoves;
}

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
  const state = openStateOf(ports);
  const { perVersion = MAX_ENCRYPTIONS, init = false, readOnly = false } = start;
  const { moves = new OwnMoves() } = start;
  const { name: keyManager } = config;
  const names = new StateNames(keyManager);
  const whereabouts = new Whereabouts({ state, keyManager, ports, moves });
  let caughtUp = () => Promise.resolve();
  const gate = new PlaceGate(
    new StatePlace({
      ...{ state, keyManager, perVersion, readOnly, whereabouts, clock: ports.clock },
      caughtUp: () => caughtUp(),
    }),
  );
  const masterKey = boundedMasterKey(masterKeyFrom(config.masterKey, ports.randomBytes));
  const loading: LoadingPorts = { masterKey, names, place: gate, ports };
  const documents = sealedKeysIn(state).list();
  const ring = await openRing(config, documents, loading, init);
  const supply = new BlockSupply({ ring, state, names, gate, whereabouts, log: ports.log });
  const follower = new StateFollower({ ring, loading, state, supply }, documents);
  caughtUp = () => follower.caughtUp();
  whereabouts.watch(gate);
  if (!readOnly && supply.isOpen) {
    await prepareKeys(ring, supply, start.renewalMs ?? renewalTime(state));
  }
  const release = () => {
    whereabouts.close();
    return follower.close();
  };
  return {
    node: nodeOf(config, ports, { state, ring, follower, close: release }),
    administration: administrationOf({
      ring,
      wrappingKeys: new WrappingKeys(masterKey, ring.sealingKey, { place: gate, ports }),
      listingGap: () => (readOnly ? undefined : listingGapOf(state)),
      counts: (materialNames) => knownCountsIn(state, names, materialNames),
    }),
    ring,
    gate,
    isShared: state.isShared,
    directory: undefined,
    counts: () => countsIn(state, names),
    refusal: () => whereabouts.refusal,
    release,
  };
}

function openStateOf({ state }: BackendPorts): State {
  if (state !== undefined) return state;
  throw new KeyManagerError('misconfigured', 'sealed keys are in the state, which is not open');
}

async function openRing(
  config: SealedKeyManagerConfig,
  documents: readonly StateDocument<KeptDocument>[],
  loading: LoadingPorts,
  init: boolean,
): Promise<KeyRing> {
  const { masterKey, place, ports } = loading;
  const loaded = await loadKeys(documents, loading);
  assertUsable(loaded, config, masterKey, init);
  const sealingKey = loaded.keys[0]?.sealingKey ?? (await masterKey.create());
  return new KeyRing(loaded, sealingKey, { place, ports });
}

/** The parts of a node of keys in the state. */
interface StateNodeParts {
  readonly state: State;
  readonly ring: KeyRing;
  readonly follower: StateFollower;
  readonly close: () => Promise<void>;
}

function nodeOf(
  identity: SealedKeyManagerConfig,
  { randomBytes }: BackendPorts,
  { state, ring, follower, close }: StateNodeParts,
): KeyManagerNode {
  const nodePorts = { identity, ring, place: { close }, ivs: new IvSource(randomBytes) };
  if (!state.isShared) return new SealedNode(nodePorts);
  return new SharedSealedNode({
    ...nodePorts,
    async catchUp(deadline) {
      await state.refresh(deadline);
      await follower.caughtUp();
    },
  });
}

/** A list is from memory: what other replicas have made may be missing while nobody can ask. */
function listingGapOf({ isInStep, standing }: State): string | undefined {
  if (isInStep) return undefined;
  const age = `${Math.round(standing.ageMs / 1_000)} s`;
  return (
    `the state store cannot be asked (${standing.kind}, for ${age} now), so keys and versions that ` +
    'other replicas have made may be missing'
  );
}

/** Nothing is said of the counts while the store cannot be asked. */
async function knownCountsIn(
  state: State,
  { counterPrefix }: StateNames,
  materialNames: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (!state.isInStep) return new Map();
  try {
    const counts = await Promise.all(
      materialNames.map(async (name) => [...(await state.counters.read(counterPrefix + name))]),
    );
    return new Map(counts.flat().map(([name, count]) => [name.slice(counterPrefix.length), count]));
  } catch (error) {
    if (error instanceof StateError) return new Map();
    throw error;
  }
}

async function countsIn(state: State, names: StateNames): Promise<ReadonlyMap<string, number>> {
  const { counterPrefix } = names;
  const counts = await state.counters.read(counterPrefix);
  return new Map([...counts].map(([name, count]) => [name.slice(counterPrefix.length), count]));
}

async function loadKeys(
  documents: readonly StateDocument<KeptDocument>[],
  loading: LoadingPorts,
): Promise<LoadedKeys> {
  const keys: ExternalKey[] = [];
  const damaged: DamagedKey[] = [];
  for (const document of documents) {
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

/**
 * Takes the first blocks and makes the test key. New versions, where no block is to be had, are
 * waited for as long as a start may take, until every replica knows them and they have blocks:
 * only then they encrypt, whatever fails next, and the other replicas serve meanwhile.
 */
async function prepareKeys(
  ring: KeyRing,
  supply: BlockSupply,
  renewalMs: number | undefined,
): Promise<void> {
  await supply.takeFirst();
  const renewing = supply.replenish().then(async () => {
    await ring.allSettled();
    // Others may have renewed some of them: those have come without a block.
    await supply.replenish();
  });
  await withinStart(renewing, renewalMs);
  await ring.makeHealthTestKey().catch(async (error: unknown) => {
    // Another replica that starts at the same time makes it, too.
    if (!(error instanceof KeyManagerError) || error.code !== 'conflict') throw error;
  });
}

/**
 * Tells how long a start may take in which new versions are made. Without other leases, not even
 * one that a killed process has left, a new version encrypts as soon as it is written: then keys
 * are used at once, and get theirs when they are asked for.
 */
export function renewalTime({ standing, replica }: Pick<State, 'standing' | 'replica'>) {
  const isAlone = standing.leases.every((lease) => lease.replica === replica);
  return isAlone ? undefined : LEASE_MS + RENEWAL_MS;
}

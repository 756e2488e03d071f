import { type AtomicWrite, writeFileAtomically } from '../../../durable/atomic-write.js';
import type { State } from '../../../state/state.js';
import { type KeyAdministration, KeyManagerError, type MoveTarget } from '../../backend.js';
import type { BackendPorts, StartedBackend } from '../../definition.js';
import type { FileKeyManagerConfig } from '../folder/config.js';
import { createFileKeyManagerNode, type FileKeyManagerStart } from '../folder/create.js';
import type { SealedKeyManagerConfig } from '../state/config.js';
import { createSealedKeyManagerNode, type SealedKeyManagerStart } from '../state/create.js';
import { clearLeftFolder, type FolderMark, readFolderMark } from './folder-mark.js';
import { readKeyPlace, writeKeyPlace } from '../state/key-places.js';
import { OwnMoves } from '../state/own-moves.js';
import { eraseLeftovers, followDestructions } from './leftovers.js';
import { moveKeys } from './mover.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { SwitchedKeys } from './switched-keys.js';
import { told } from './told.js';
import { finishArrivalIn, ToFolder } from './to-folder.js';
import { ToState } from './to-state.js';
import type { MoveWay } from './way.js';

const MOVE_BYTES = 16;

/** The part of the configuration that is the same in either place. */
type Common = Pick<FileKeyManagerConfig, 'name' | 'location' | 'masterKey'> &
  Partial<Pick<FileKeyManagerConfig, 'directory'>>;

/**
 * Starts keys in a folder, or where they have moved from there.
 *
 * @throws as {@link createFileKeyManagerNode}; KeyManagerError `misconfigured` for a folder whose
 *   keys have moved to another state store than this one, or have not all come
 */
export async function startFileKeys(
  config: FileKeyManagerConfig,
  ports: BackendPorts,
  start: FileKeyManagerStart,
): Promise<StartedBackend> {
  const { directory } = config;
  const mark = await readFolderMark(directory);
  if (mark?.kind === 'left') return startWhereTheyWent(config, mark, ports, start);
  if (mark?.kind === 'arriving') await finishArrival(config, mark, ports, start);
  const whenLocked = () => assertNotLeft(directory);
  const keys = await createFileKeyManagerNode(config, ports, { ...start, whenLocked });
  return switched(config, ports, keys, start);
}

/**
 * Starts keys in the state store.
 *
 * @throws as {@link createSealedKeyManagerNode}; KeyManagerError `misconfigured` for keys that have
 *   moved to a folder, or have not all come
 */
export async function startSealedKeys(
  config: SealedKeyManagerConfig,
  ports: BackendPorts,
  start: SealedKeyManagerStart & Pick<FileKeyManagerStart, 'writeFile'>,
): Promise<StartedBackend> {
  if (ports.state !== undefined) assertHere(config.name, ports.state);
  const moves = new OwnMoves();
  const keys = await createSealedKeyManagerNode(config, ports, { ...start, moves });
  return switched(config, ports, keys, { ...start, moves });
}

/** The process that served from the folder may have moved the keys since its mark was read. */
async function assertNotLeft(directory: string): Promise<void> {
  if ((await readFolderMark(directory))?.kind !== 'left') return;
  throw new KeyManagerError(
    'misconfigured',
    `The keys in ${directory} have moved while this process started: start it again.`,
  );
}

/**
 * Checks that the state store has all the keys of a key manager.
 *
 * @param move the one that may still be under way, because its folder has been left
 * @throws KeyManagerError `misconfigured`
 */
function assertHere(keyManager: string, state: State, move?: string): void {
  const place = readKeyPlace(state, keyManager);
  if (place?.kind === 'left') {
    throw new KeyManagerError(
      'misconfigured',
      `The keys of ${keyManager} have moved from the state store to the folder ${place.to}. ` +
        'Configure the key manager with "type: file" and that "directory".',
    );
  }
  if (place?.kind === 'arriving' && place.move !== move) {
    throw new KeyManagerError(
      'misconfigured',
      `The keys of ${keyManager} have not all come to the state store: they are in the folder ` +
        `${place.from} of the replica that began to move them. Start that one with "type: file" ` +
        'and this "directory", and run "holdfast keys move" there again.',
    );
  }
}

async function startWhereTheyWent(
  config: FileKeyManagerConfig,
  mark: FolderMark,
  ports: BackendPorts,
  start: FileKeyManagerStart,
): Promise<StartedBackend> {
  const { name, directory } = config;
  const { state } = ports;
  const { init = false, readOnly = false } = start;
  if (state?.storeId !== mark.storeId || mark.keyManager !== name) {
    throw new KeyManagerError(
      'misconfigured',
      `The keys in ${directory} have moved to the state store ${mark.storeId} (${mark.store}), ` +
        `as those of the key manager ${mark.keyManager}, and are not served from this folder any ` +
        `more. ${state === undefined ? 'No state store is open' : `The state store here is ${state.storeId} (${state.place})`}.`,
    );
  }
  assertHere(name, state, mark.move);
  ports.log.warn(
    { directory, place: state.place },
    `the keys of ${name} have moved from ${directory} to the state store: configure the key ` +
      'manager with "type: sealed", without "directory"',
  );
  if (!readOnly) await finishDeparture(config, mark, state, ports);
  const sealed = toSealed(config);
  const moves = new OwnMoves();
  moves.begin(mark.move);
  const keys = await createSealedKeyManagerNode(sealed, ports, { init, readOnly, moves });
  return switched({ ...sealed, directory }, ports, keys, { ...start, moves });
}

/** Does what a crash may have left undone after the folder was marked. */
async function finishDeparture(
  { name, directory }: FileKeyManagerConfig,
  { move }: FolderMark,
  state: State,
  { clock, log }: BackendPorts,
): Promise<void> {
  const isArriving = readKeyPlace(state, name)?.kind === 'arriving';
  try {
    const at = new Date(clock.now()).toISOString();
    if (isArriving) await writeKeyPlace(state, name, { kind: 'here', move, at });
    await clearLeftFolder(directory, writeFileAtomically);
  } catch (error) {
    log.warn({ err: error }, 'what is left of the move is done by the next start');
  }
}

async function finishArrival(
  { name, directory }: FileKeyManagerConfig,
  mark: FolderMark,
  { state, clock, log }: BackendPorts,
  { readOnly }: FileKeyManagerStart,
): Promise<void> {
  const isRight = state?.storeId === mark.storeId && mark.keyManager === name;
  const place = isRight ? readKeyPlace(state, name) : undefined;
  if (isRight && place?.kind === 'left' && place.move === mark.move) {
    if (readOnly === true) return;
    await finishArrivalIn(directory, { state, keyManager: name, clock }).catch((error: unknown) => {
      log.warn({ err: error }, 'what is left of the move is done by the next start');
    });
    return;
  }
  const where =
    place?.kind === 'left'
      ? `the folder ${place.to}`
      : `the state store ${mark.storeId} (${mark.store})`;
  throw new KeyManagerError(
    'misconfigured',
    `The keys of ${mark.keyManager} have not all come to ${directory}: they are in ${where}. ` +
      'Start with that, and run "holdfast keys move" again.',
  );
}

/** Lets keys serve from wherever they are, and move. */
function switched(
  config: Common,
  ports: BackendPorts,
  started: PlacedKeys,
  {
    writeFile = writeFileAtomically,
    moves = new OwnMoves(),
    readOnly = false,
  }: Pick<FileKeyManagerStart, 'writeFile' | 'readOnly'> & Pick<SealedKeyManagerStart, 'moves'>,
): StartedBackend {
  const { name: keyManager, directory: left } = config;
  const places = { keyManager, directory: left, state: ports.state, writeFile };
  const followed = readOnly ? () => undefined : followDestructions(places, ports.log);
  const keys = new SwitchedKeys(started, followed);
  let moving: Promise<unknown> | undefined;
  const move: NonNullable<KeyAdministration['moveKeys']> = async (target) => {
    if (moving !== undefined) {
      throw new KeyManagerError('conflict', 'the keys are being moved already');
    }
    const { directory } = keys.keys;
    const way = wayTo(target, config, { ports, writeFile, directory, moves });
    const work = moveKeys(keys, way, ports.log);
    moving = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      moving = undefined;
    }
  };
  const administration = keys.administration(move);
  const erase = (externalKeyId: string) =>
    eraseLeftovers(externalKeyId, keys.keys, places).catch((error: unknown) => {
      throw told(error, `what a move has left of ${externalKeyId} is not erased`);
    });
  return {
    nodes: [keys],
    administration: {
      ...administration,
      async destroyVersion(externalKeyId, version) {
        await administration.destroyVersion(externalKeyId, version);
        await erase(externalKeyId);
      },
      async destroyKey(externalKeyId) {
        await administration.destroyKey(externalKeyId);
        await erase(externalKeyId);
      },
    },
  };
}

/** The parts of a move that the start knows. */
interface WayPorts {
  readonly ports: BackendPorts;
  readonly writeFile: AtomicWrite;
  readonly moves: OwnMoves;
  /** The folder that the keys are in; undefined for the state store. */
  readonly directory: string | undefined;
}

/** @throws KeyManagerError `conflict` for the place where the keys are */
function wayTo(
  target: MoveTarget,
  config: Common,
  { ports, writeFile, directory, moves }: WayPorts,
): MoveWay {
  const { state } = ports;
  if (state === undefined) throw new KeyManagerError('unsupported', 'no state store is open');
  const move = ports.randomBytes(MOVE_BYTES).toString('hex');
  const common = { keyManager: config.name, writeFile, state, ports, move, moves };
  const isHere = (target.to === 'folder') === (directory !== undefined);
  if (isHere) {
    const where = directory === undefined ? 'in the state store' : `in the folder ${directory}`;
    throw new KeyManagerError('conflict', `the keys of ${config.name} are ${where} already`);
  }
  if (target.to === 'folder') {
    const file = { ...toSealed(config), type: 'file', directory: target.directory } as const;
    const open = () => createFileKeyManagerNode(file, ports, { writeFile });
    return new ToFolder({ ...common, directory: target.directory, open });
  }
  const open = () => createSealedKeyManagerNode(toSealed(config), ports, { moves });
  return new ToState({ ...common, directory: directory ?? '', open });
}

function toSealed({ name, location, masterKey }: Common): SealedKeyManagerConfig {
  return { name, type: 'sealed', location, masterKey };
}

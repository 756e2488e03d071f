import { type AtomicWrite, writeFileAtomically } from '../../durable/atomic-write.js';
import { makePrivateFolder } from '../../durable/private.js';
import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import type { RandomBytes } from '../../shared/randomness.js';
import { StateError } from '../errors.js';
import { type HistoryMark, STATE_FORMAT } from '../store.js';
import type { DocumentFile } from './document-file.js';
import { FileCounters } from './file-counters.js';
import { FileUses } from './file-uses.js';
import { FilesStateStore } from './files-store.js';
import { LeaseList } from './lease-list.js';
import { loadDocuments } from './load-documents.js';
import { isStoreIn, STORE_FILE, StateFolder } from './state-folder.js';
import { parseStoreFile, renderStoreFile, type StoreFile } from './store-file.js';
import { WriteQueue } from './write-queue.js';
import { counted } from '../../shared/counted.js';

/** The parts that a store in files is handed. */
export interface FilesStoreStart {
  readonly directory: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Gets a line for each file that does not belong into the folder. */
  readonly log: Pick<OperatorLog, 'warn'>;
  /** True if a store may be begun where there is none. */
  readonly init: boolean;
  /**
   * True if what is there is to be taken for all there is, though documents or `store.json` are
   * missing. The store gets another id then, so that the loss is seen.
   */
  readonly acceptsLoss: boolean;
  /** Another way to replace a file, for tests of disks that fail. */
  readonly writeFile?: AtomicWrite;
}

/** The size of an id and of a token, in bytes. */
const NAME_BYTES = 16;

/**
 * Opens the store in a folder and keeps it, locked, until it is closed.
 *
 * @throws StateError `empty` where there is none and none may be begun, `damaged` where documents
 *   or `store.json` are missing, `newer-version`; NotPrivateError; FolderInUseError; the file
 *   system's error
 */
export async function openFilesStateStore(start: FilesStoreStart): Promise<FilesStateStore> {
  const { directory, init, writeFile = writeFileAtomically } = start;
  if (!init && !(await isStoreIn(directory))) throw empty(directory);
  await makePrivateFolder(directory);
  const folder = await StateFolder.open(directory, writeFile);
  try {
    return await openIn(folder, start);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openIn(
  folder: StateFolder,
  { clock, randomBytes, log, acceptsLoss }: FilesStoreStart,
): Promise<FilesStateStore> {
  const newToken = () => randomBytes(NAME_BYTES).toString('hex');
  const text = await folder.read(STORE_FILE);
  const known =
    text === undefined ? undefined : parseStoreFile(text, `${folder.path}/${STORE_FILE}`);
  const loaded = await loadDocuments(folder);
  for (const sentence of loaded.leftAside) log.warn({ directory: folder.path }, sentence);
  const found = loaded.documents.size + loaded.damaged.size;
  if (!acceptsLoss) assertNothingMissing(folder, known, found);
  const isLossy = known !== undefined && known.documents > found;
  const file = { ...(known ?? newStoreFile(newToken)), ...(isLossy ? { id: newToken() } : {}) };
  const mark = newestMark(file, loaded.documents.values());
  const { storeId: id, revision, token } = mark;
  const now = renderStoreFile({ format: file.format, id, revision, token, documents: found });
  if (now !== text) await folder.write(STORE_FILE, now);
  const queue = new WriteQueue();
  const counters = await FileCounters.load(folder, queue);
  const uses = new FileUses(folder, queue, newToken);
  const leases = new LeaseList(clock);
  const parts = { folder, queue, mark, loaded, counters, uses, leases, newToken };
  return new FilesStateStore({ ...parts, format: file.format });
}

/** A crash may have come between the newest document and `store.json`. */
function newestMark(file: StoreFile, documents: Iterable<DocumentFile>): HistoryMark {
  let mark = { storeId: file.id, revision: file.revision, token: file.token };
  for (const { document, token } of documents) {
    if (document.revision > mark.revision) mark = { ...mark, revision: document.revision, token };
  }
  return mark;
}

function newStoreFile(newToken: () => string): StoreFile {
  return { format: STATE_FORMAT, id: newToken(), revision: 0, token: newToken(), documents: 0 };
}

/** A document that is missing would be taken for one that never was, or was never changed. */
function assertNothingMissing(
  { path }: StateFolder,
  known: StoreFile | undefined,
  found: number,
): void {
  const restore =
    'Restore the whole folder from a backup. If there is none, start once with --init state, ' +
    'which takes what is there for all there is: docs/state.md#restore.';
  if (known === undefined && found > 0) {
    throw new StateError(
      'damaged',
      `${path} has documents, and ${STORE_FILE} is missing, which says which store it is. ${restore}`,
    );
  }
  if (known !== undefined && known.documents > found) {
    throw new StateError(
      'damaged',
      `${path} has ${counted(found, 'document')} of ${known.documents}, none of which is ever ` +
        `removed. ${restore}`,
    );
  }
}

function empty(directory: string): StateError {
  return new StateError(
    'empty',
    `There is no state store in ${directory}. A volume that is not mounted looks the same, so ` +
      'nothing is made there. If this is a new installation, or one that had no state store yet, ' +
      'start once with --init state.',
  );
}

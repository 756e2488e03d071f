import type { CounterFile } from '../../counting/counter-file.js';
import type { BackendPorts } from '../../definition.js';
import type { KeyFolder } from './key-folder.js';

/**
 * The number of versions that a counter may be ahead of its document. Each rotation whose document
 * could not be written puts it one further; so many of them in a row are no accident.
 */
const MAX_LEAD = 1000;

/**
 * Reads a key's counter file, unless the version that it names is one that nobody would come by.
 * Counters are not sealed: believed, the highest number there is would leave none for a new
 * version, and Encrypt would stop for good.
 *
 * @param newestVersion of the document; 0 where there is none
 * @returns undefined where the count is unknown, and so is whatever number was given last
 */
export async function readCredibleCounter(
  externalKeyId: string,
  newestVersion: number,
  folder: KeyFolder,
  ports: BackendPorts,
): Promise<CounterFile | undefined> {
  const counter = await folder.readCounter(externalKeyId);
  if (counter === undefined || isCredible(counter, newestVersion)) return counter;
  ports.log.error(
    { externalKeyId, keyVersion: counter.version },
    `the counter file of ${externalKeyId} is not believed: it names version ${counter.version}, ` +
      `and the document's newest is ${newestVersion}. The count is unknown`,
  );
  return undefined;
}

/** Tells whether a counter file names no version that nobody would come by. */
export function isCredible({ version }: CounterFile, newestVersion: number): boolean {
  return version <= newestVersion + MAX_LEAD;
}

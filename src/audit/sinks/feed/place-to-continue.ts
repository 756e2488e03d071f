import { sizeOf } from '../../log/append-only-file.js';
import { LogFolder } from '../../read/log-folder.js';

/**
 * Finds where a sink goes on: where it was, or further on where the log does not go back so far, or
 * where more than a given size is waiting for the sink. Whole segments are left out then, as few as
 * will do.
 *
 * @param from sequence of the next record
 * @param bufferBytes of the files of the segments after the one that holds this record
 * @returns `from`, or the sequence of the first record of a later segment
 */
export async function placeToContinue(
  directory: string,
  from: number,
  bufferBytes: number,
): Promise<number> {
  const { segments } = await LogFolder.list(directory);
  const here = segments.findLastIndex(({ first }) => first <= from);
  let place = here < 0 ? undefined : from;
  let waiting = 0;
  for (const { first, path } of segments.slice(here + 1).reverse()) {
    // A file that is being compressed at the moment counts next time.
    waiting += await sizeOf(path);
    if (waiting <= bufferBytes) continue;
    // What is too much begins here, so what will do begins with the segment after it.
    place = segments.find((segment) => segment.first > first)?.first ?? first;
    break;
  }
  return place ?? segments[0]?.first ?? from;
}

import type { Compared } from '../../configuration/changes/differences.js';
import { isSame } from '../../configuration/changes/is-same.js';

/** A change in a file that only a restart puts in force. */
export interface AwaitedChange {
  /** The value of the configuration that names the file. */
  readonly path: string;
  /** One sentence for people. */
  readonly sentence: string;
}

/** The same with what the process runs with until then. */
export interface AwaitedRestart extends AwaitedChange {
  readonly inForce: FieldContent;
}

/** The values of a field with the content of the files that they name. It may have secrets. */
type FieldContent = readonly { readonly raw: unknown; readonly digest: string | undefined }[];

/** A configuration in force, with what waited before. */
interface Waiting {
  readonly loaded: Compared;
  readonly waitsForRestart: readonly AwaitedRestart[];
}

/**
 * Finds out what waits for a restart once another configuration is in force: what waited before,
 * and what has changed now. What is as the process runs with it again does not wait any more, nor
 * does what the configuration does not name any more, or a part that was started anew has taken.
 *
 * @param hasTaken tells whether what uses a value is started anew
 */
export function awaitedRestarts(
  { loaded, waitsForRestart }: Waiting,
  next: Compared,
  changes: readonly AwaitedChange[],
  hasTaken: (path: string) => boolean,
): readonly AwaitedRestart[] {
  const known = new Set(waitsForRestart.map(({ path }) => path));
  const added = changes
    .filter(({ path }) => !known.has(path))
    .map((change) => ({ ...change, inForce: contentOf(loaded, change.path) }));
  return [...waitsForRestart, ...added].filter(({ path, inForce }) => {
    const content = contentOf(next, path);
    return content.length > 0 && !hasTaken(path) && !isSame(content, inForce);
  });
}

function contentOf({ values, digests }: Compared, path: string): FieldContent {
  return values
    .filter((value) => value.path === path)
    .map(({ raw }) => ({
      raw,
      digest: typeof raw === 'string' ? digests.get(raw) : undefined,
    }));
}

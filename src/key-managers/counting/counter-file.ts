import { parsedJson } from '../../shared/parsed-json.js';
import { z } from 'zod';
import { versionFields } from './version-fields.js';

/** Versions counted in one file: more than a key comes by, but for a disk that fails for days. */
const MAX_COUNTS = 1000;

const counterFileSchema = z.strictObject({
  format: z.literal(1),
  externalKeyId: z.string(),
  ...versionFields,
  reserved: z.int().min(0),
  /** Time at which Holdfast made the key, where nothing else keeps it; absent for others' keys. */
  createdAt: z.iso.datetime().optional(),
  /** The counts of versions that were counted before, or are not counted yet. */
  others: z.array(z.strictObject({ ...versionFields, reserved: z.int().min(0) })).optional(),
  /** Present for a key that was destroyed: its numbers are not given again. */
  destroyedAt: z.iso.datetime().optional(),
});

/**
 * The number of encryptions reserved for a key's current version: all that were made and perhaps
 * some that were not. One file a key, beside the documents, because it changes all the time.
 */
export type CounterFile = Readonly<z.infer<typeof counterFileSchema>>;

/** The count of one version. */
export type VersionCount = Pick<CounterFile, 'version' | 'materialName' | 'reserved'>;

/** Lists the counts of all versions that a file names, the highest version first. */
export function countsOf(counter: CounterFile | undefined): readonly VersionCount[] {
  if (counter === undefined) return [];
  const { version, materialName, reserved, others = [] } = counter;
  return [{ version, materialName, reserved }, ...others];
}

/** Finds the encryptions reserved for a version. @returns undefined where nobody knows it */
export function reservedIn(
  counter: CounterFile | undefined,
  { version, materialName }: Omit<VersionCount, 'reserved'>,
): number | undefined {
  return countsOf(counter).find(
    (each) => each.version === version && each.materialName === materialName,
  )?.reserved;
}

/** Makes a counter file of the counts before, and the encryptions reserved for a version. */
export function withReserved(
  counts: readonly VersionCount[],
  externalKeyId: string,
  counted: VersionCount,
): CounterFile {
  const rest = counts.filter((each) => each.materialName !== counted.materialName);
  const [highest = counted, ...others] = [counted, ...rest]
    .sort((a, b) => b.version - a.version)
    .slice(0, MAX_COUNTS);
  return { format: 1, externalKeyId, ...highest, ...(others.length > 0 && { others }) };
}

/** @returns undefined for what is no counter file of this key, which counts as none at all */
export function parseCounterFile(externalKeyId: string, text: string): CounterFile | undefined {
  const counter = parseCounterFileOfAnyKey(text);
  return counter?.externalKeyId === externalKeyId ? counter : undefined;
}

/** @returns undefined for what is no counter file */
export function parseCounterFileOfAnyKey(text: string): CounterFile | undefined {
  return counterFileSchema.safeParse(parsedJson(text)).data;
}

/** The text of a counter file. */
export function renderCounterFile(counter: CounterFile): string {
  return `${JSON.stringify(counter)}\n`;
}

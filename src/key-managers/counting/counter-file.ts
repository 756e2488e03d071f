import { parsedJson } from '../../shared/parsed-json.js';
import { z } from 'zod';
import { versionFields } from './version-fields.js';

const counterFileSchema = z.strictObject({
  format: z.literal(1),
  externalKeyId: z.string(),
  ...versionFields,
  reserved: z.int().min(0),
  /** Time at which Holdfast made the key, where nothing else keeps it; absent for others' keys. */
  createdAt: z.iso.datetime().optional(),
});

/**
 * The number of encryptions reserved for a key's current version: all that were made and perhaps
 * some that were not. One file a key, beside the documents, because it changes all the time.
 */
export type CounterFile = Readonly<z.infer<typeof counterFileSchema>>;

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

import { z } from 'zod';
import { sharedCollection } from '../../../state/shared-collection.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError } from '../../backend.js';

/** The name of a move, or the id of a replica. */
const move = z.string().regex(/^[0-9a-f]{32}$/);
const at = z.iso.datetime();

const keyPlaceSchema = z.discriminatedUnion('kind', [
  /** The keys are in the state store. */
  z.strictObject({ kind: z.literal('here'), move, at }),
  /** The keys are still in a folder, and not all of them are here. */
  z.strictObject({ kind: z.literal('arriving'), move, at, from: z.string() }),
  /** The keys are here, and a live replica moves them to a folder: nobody else changes them. */
  z.strictObject({ kind: z.literal('leaving'), move, at, to: z.string(), replica: move }),
  /** The keys have moved to a folder. */
  z.strictObject({ kind: z.literal('left'), move, at, to: z.string() }),
]);

/** The place of a key manager's keys, once they have moved. */
export type KeyPlaceDocument = Readonly<z.infer<typeof keyPlaceSchema>>;

/** The places of keys that have moved, by the names of key managers. */
export const keyPlacesIn = sharedCollection<KeyPlaceDocument>({
  name: 'key-places',
  newest: { number: 1, schema: keyPlaceSchema },
});

/**
 * Reads where a key manager's keys have moved.
 *
 * @returns undefined for keys that never moved
 * @throws KeyManagerError `misconfigured` for what this version cannot read
 */
export function readKeyPlace(state: State, keyManager: string): KeyPlaceDocument | undefined {
  const document = keyPlacesIn(state).get(keyManager);
  if (document === undefined || document.kind === 'removed') return undefined;
  if (document.kind === 'value') return document.value;
  throw new KeyManagerError(
    'misconfigured',
    `where the keys of ${keyManager} have moved cannot be read from the state store: ${document.problem}`,
  );
}

/**
 * Notes where a key manager's keys are.
 *
 * @param replaces the revision of the note that it replaces
 * @returns its own revision
 * @throws StateError
 */
export async function writeKeyPlace(
  state: State,
  keyManager: string,
  place: KeyPlaceDocument,
  replaces = keyPlaceRevision(state, keyManager),
): Promise<number> {
  const { revision } = await keyPlacesIn(state).put(keyManager, place, replaces);
  return revision;
}

/** The revision of the note where a key manager's keys are; 0 where there is none. */
export function keyPlaceRevision(state: State, keyManager: string): number {
  return keyPlacesIn(state).get(keyManager)?.revision ?? 0;
}

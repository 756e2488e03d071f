import { KmsException } from '../exceptions.js';
import type { Output } from './operation.js';

/** The part of a list that a caller asks for. */
export interface PageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

/** Bounds of a page: its default size, and the most that KMS gives. */
export interface PageSizes {
  readonly usual: number;
  readonly most: number;
}

/** A page of a list, and the members of the answer that tell whether there is more. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly more: Output;
}

/**
 * Takes a page of a list that is in the order of its keys. A marker names the last item of the
 * page before, so that nothing is told twice or left out when the list changes.
 *
 * @throws KmsException for a marker that is not one of an answer
 */
export function pageOf<Item>(
  all: readonly Item[],
  keyOf: (item: Item) => string,
  { Limit, Marker }: PageRequest,
  { usual, most }: PageSizes,
): Page<Item> {
  const after = Marker === undefined ? undefined : keyIn(Marker);
  const rest = after === undefined ? all : all.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, Math.min(Limit ?? usual, most));
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) {
    return { items, more: { Truncated: false } };
  }
  return { items, more: { NextMarker: markerOf(keyOf(last)), Truncated: true } };
}

const PREFIX = 'after ';

function markerOf(key: string): string {
  return Buffer.from(`${PREFIX}${key}`).toString('base64url');
}

function keyIn(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (text.startsWith(PREFIX)) return text.slice(PREFIX.length);
  throw new KmsException('InvalidMarkerException', `Could not deserialize marker '${marker}'`);
}

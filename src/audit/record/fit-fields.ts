/** Bounds of one attempt to make a record fit. */
interface Limits {
  /** Bytes of each text, as the log writes it. */
  readonly textBytes: number;
  /** Entries of each list. An object may have more: the schemas of records need their fields. */
  readonly entries: number;
  /** Depth to which lists and objects may stand in each other. */
  readonly depth: number;
}

const MARK = '...';
/** Hashes, times, names of types and errors are shorter, and are never cut. */
const SHORTEST_TEXT_BYTES = 128;
const MOST_FIELDS = 64;
const DEEPEST = 16;

/** Attempts to make a record fit, from the mildest to the harshest. */
const ATTEMPTS: readonly Limits[] = [
  ...halvings(32_768, SHORTEST_TEXT_BYTES).map((textBytes) => attempt({ textBytes })),
  ...halvings(4_096, 1).map((entries) => attempt({ entries })),
  attempt({ entries: 1, depth: 4 }),
  attempt({ entries: 1, depth: 1 }),
];

/** Fields of a record, and which of them were cut. */
export interface FittedFields {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Names of the fields in which something was left out. */
  readonly cut: readonly string[];
}

/**
 * Cuts the longest parts of a record until it fits: first long texts, which then end in `...`, then
 * the ends of long lists, then what stands deep within others.
 *
 * @param fits whether the record has room for these fields
 */
export function fitFields(fields: object, fits: (fitted: FittedFields) => boolean): FittedFields {
  for (const limits of ATTEMPTS) {
    const fitted = cutAll(fields, limits);
    if (fits(fitted)) return fitted;
  }
  // No record has so many fields that all of them, each cut as far as it goes, take 64 KiB.
  throw new RangeError('a record is longer than records may be');
}

/**
 * Cuts a text, never in the middle of a character.
 *
 * @param units of UTF-16 that may stay
 * @returns a text that ends in `...` where something was cut
 */
export function cutText(text: string, units: number): string {
  if (text.length <= units) return text;
  const last = text.charCodeAt(units - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, splitsPair ? units - 1 : units)}${MARK}`;
}

function cutAll(fields: object, limits: Limits): FittedFields {
  const cut: string[] = [];
  const entries = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    const shorter = shortened(value, limits);
    if (JSON.stringify(shorter) !== JSON.stringify(value)) cut.push(name);
    return [name, shorter] as const;
  });
  return { fields: Object.fromEntries(entries), cut };
}

function shortened(value: unknown, limits: Limits): unknown {
  const { textBytes, entries, depth } = limits;
  if (typeof value === 'string') return cutText(value, unitsWithin(value, textBytes));
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return MARK;
  const below = { ...limits, depth: depth - 1 };
  if (Array.isArray(value)) return value.slice(0, entries).map((item) => shortened(item, below));
  const fields = Object.entries(value).slice(0, Math.max(MOST_FIELDS, entries));
  return Object.fromEntries(
    fields.map(([name, item]) => [
      cutText(name, unitsWithin(name, textBytes)),
      shortened(item, below),
    ]),
  );
}

/** Counts the units of a text that take so many bytes in a log, where it is ASCII with escapes. */
function unitsWithin(text: string, bytes: number): number {
  // No unit takes more than six.
  if (text.length * 6 <= bytes) return text.length;
  let room = bytes;
  for (let at = 0; at < text.length; at += 1) {
    room -= bytesOf(text, at);
    if (room < 0) return at;
  }
  return text.length;
}

function bytesOf(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x20 || unit > 0x7e) return 6;
  return unit === 0x22 || unit === 0x5c ? 2 : 1;
}

function attempt(limits: Partial<Limits>): Limits {
  const mildest = { entries: Number.POSITIVE_INFINITY, depth: DEEPEST };
  return { textBytes: SHORTEST_TEXT_BYTES, ...mildest, ...limits };
}

/** Halves a number as long as it is not below the other one. */
function halvings(from: number, to: number): readonly number[] {
  return from < to ? [] : [from, ...halvings(Math.floor(from / 2), to)];
}

import { generateKeyPairSync } from 'node:crypto';
import { lineStart, linkTo } from '../../src/audit/read/line-head.js';
import { readSegmentHeader } from '../../src/audit/read/segment-header.js';
import { signCheckpoint } from '../../src/transparency-log/checkpoint.js';
import type { MerkleFrontier } from '../../src/transparency-log/frontier.js';
import { leafHash } from '../../src/transparency-log/hashes.js';
import {
  formatVerifierKey,
  type NoteSigner,
  noteSigner,
} from '../../src/transparency-log/signed-note.js';
import {
  checkpointFilesOf,
  type LogImage,
  linesOf,
  readImage,
  replaceImage,
  segmentsOf,
  withLines,
} from './audit-log-image.js';

const PUBLIC_KEY = /"publicKey":"(?<origin>[^+"]+)[^"]*"/;
const { privateKey } = generateKeyPairSync('ed25519');

/**
 * What a record says from its time on, one list a segment: what is before follows from its place.
 */
type Payloads = readonly (readonly string[])[];

/**
 * Writes a log anew, as somebody can who knows how it is made and does not have the key: numbers,
 * hashes of the lines before, frontiers and names of the files are all as they should be.
 */
export function rebuild(image: LogImage, change: (payloads: Payloads) => Payloads): LogImage {
  const names = segmentsOf(image);
  const lines = names.map((name) => linesOf(image, name));
  const payloads = change(lines.map((some) => some.map(payloadOf)));
  const chain = chainBefore(lines[0]?.[0]);
  const files = new Map(checkpointFilesOf(image).map((name) => [name, image.get(name)]));
  for (const [first, ...others] of payloads) {
    if (first === undefined) continue;
    const name = `${fileStem(chain.size)}.jsonl`;
    files.set(
      name,
      Buffer.from([chain.segment(first), ...others.map((one) => chain.line(one))].join('')),
    );
  }
  return files as LogImage;
}

/** A log whose lines are as they should be, signed with another key, which it names. */
export function signedByAnother(image: LogImage): LogImage {
  const segments = segmentsOf(image);
  const origin = PUBLIC_KEY.exec(linesOf(image, segments[0] ?? '')[0]?.toString() ?? '')?.groups?.[
    'origin'
  ];
  const signer = noteSigner(origin ?? '', privateKey);
  const publicKey = `"publicKey":"${formatVerifierKey(signer.verifierKey)}"`;
  const renamed = rebuild(image, (payloads) =>
    payloads.map((some) => some.map((payload) => payload.replace(PUBLIC_KEY, publicKey))),
  );
  return signedAnew(renamed, signer);
}

/** A log whose lines are as they should be, with a checkpoint at the end of each segment. */
export function signedAnew(image: LogImage, signer: NoteSigner): LogImage {
  const names = segmentsOf(image);
  const chain = chainBefore(linesOf(image, names[0] ?? '')[0]);
  const files = new Map([...image].filter(([name]) => !name.endsWith('.checkpoints')));
  for (const name of names) {
    for (const line of linesOf(image, name)) chain.line(payloadOf(line));
    const checkpoint = { origin: signer.verifierKey.name, size: chain.size, root: chain.root() };
    files.set(
      name.replace('.jsonl', '.checkpoints'),
      Buffer.from(signCheckpoint(checkpoint, signer)),
    );
  }
  return files;
}

/** Lines that follow on from the last one of a segment. */
export function linesAfter(
  image: LogImage,
  segment: string,
  payloads: readonly string[],
): readonly Buffer[] {
  const lines = linesOf(image, segment);
  const chain = chainBefore(lines[0]);
  for (const line of lines) chain.take(line);
  return payloads.map((payload) => Buffer.from(chain.line(payload).slice(0, -1)));
}

/** The payload of a line that says that a key was destroyed, as the server says it. */
export function forgedDestruction(subject: {
  readonly keyManager: string;
  readonly externalKeyId: string;
  readonly materialNames: readonly string[];
  readonly extent?: 'version' | 'imported-material';
  readonly keyVersion?: number;
}): string {
  const record = {
    ...{ time: new Date().toISOString(), replica: 'replica-1', type: 'event' },
    ...{ event: 'key-destroyed', severity: 'warning', extent: 'key', ...subject },
  };
  return JSON.stringify(record).slice(1);
}

/** Adds a line to the end of a log in a folder. */
export function appendLine(directory: string, payload: string): void {
  const image = readImage(directory);
  const segment = segmentsOf(image).at(-1) ?? '';
  const lines = [...linesOf(image, segment), ...linesAfter(image, segment, [payload])];
  replaceImage(directory, image, withLines(image, segment, lines));
}

/** What a line says behind its place in the log. */
export function payloadOf(line: Buffer): string {
  const text = line.toString('latin1');
  return text.slice(text.indexOf('"time"'));
}

/** Name of the files that belong to a segment, without what it ends with. */
function fileStem(first: number): string {
  return String(first).padStart(12, '0');
}

function chainBefore(line: Buffer | undefined): ForgedChain {
  const start = line && readSegmentHeader(line);
  if (start === undefined) throw new Error('the log to be changed does not begin a segment');
  return new ForgedChain(start.before, start.record.previous);
}

class ForgedChain {
  readonly #tree: MerkleFrontier;
  #previous: string | undefined;

  constructor(before: MerkleFrontier, previous: string | undefined) {
    this.#tree = before.copy();
    this.#previous = previous;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): string {
    return this.#tree.root();
  }

  segment(payload: string): string {
    const frontier = JSON.stringify(this.#tree.roots);
    return this.line(payload.replace(/"frontier":\[[^\]]*\]/, `"frontier":${frontier}`));
  }

  /** With its line feed. */
  line(payload: string): string {
    const line = `${lineStart(this.size)}${linkTo(this.#previous)}${payload}`;
    this.take(Buffer.from(line));
    return `${line}\n`;
  }

  take(line: Buffer): void {
    const leaf = leafHash(line);
    this.#tree.append(leaf);
    this.#previous = leaf;
  }
}

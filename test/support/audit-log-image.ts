import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const SEGMENT = /^\d{12}\.jsonl(?:\.gz)?$/;
const LINE_FEED = 0x0a;

/**
 * The files of a log in memory, by their names: what an attacker changes, and what is put back
 * afterwards.
 */
export type LogImage = ReadonlyMap<string, Buffer>;

/** Reads the segments and the files of checkpoints of a log. */
export function readImage(directory: string): LogImage {
  const names = readdirSync(directory).filter(
    (name) => SEGMENT.test(name) || name.endsWith('.checkpoints'),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name))]));
}

/** Makes a folder that holds one image hold another. Files that do not differ are not touched. */
export function replaceImage(directory: string, from: LogImage, to: LogImage): void {
  for (const name of from.keys()) if (!to.has(name)) rmSync(join(directory, name));
  for (const [name, bytes] of to) {
    if (from.get(name) !== bytes) writeFileSync(join(directory, name), bytes, { mode: 0o600 });
  }
}

/** Names of the segments, in the order of the log. */
export function segmentsOf(image: LogImage): readonly string[] {
  return [...image.keys()].filter((name) => SEGMENT.test(name)).sort();
}

/** Names of the files of checkpoints, in the order of the log. */
export function checkpointFilesOf(image: LogImage): readonly string[] {
  return [...image.keys()].filter((name) => name.endsWith('.checkpoints')).sort();
}

/**
 * The lines of a segment that are ended by a line feed, without it.
 *
 * @throws zlib's error for a compressed segment that is damaged
 */
export function linesOf(image: LogImage, segment: string): readonly Buffer[] {
  const bytes = contentOf(image, segment);
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** An image in which a segment has other lines; compressed if it was. */
export function withLines(image: LogImage, segment: string, lines: readonly Buffer[]): LogImage {
  return withContent(
    image,
    segment,
    Buffer.concat(lines.flatMap((line) => [line, Buffer.of(LINE_FEED)])),
  );
}

/** An image in which a segment has another content; compressed if it was. */
export function withContent(image: LogImage, segment: string, content: Buffer): LogImage {
  return withFile(
    image,
    segment,
    segment.endsWith('.gz') ? gzipSync(content, { level: 1 }) : content,
  );
}

/** The uncompressed content of a segment. */
export function contentOf(image: LogImage, segment: string): Buffer {
  const bytes = fileOf(image, segment);
  return segment.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The bytes of a file. */
export function fileOf(image: LogImage, name: string): Buffer {
  const bytes = image.get(name);
  if (bytes === undefined) throw new Error(`there is no ${name}`);
  return bytes;
}

/** An image in which a file has other bytes. */
export function withFile(image: LogImage, name: string, bytes: Buffer): LogImage {
  return new Map(image).set(name, bytes);
}

/** An image in which files are missing. */
export function without(image: LogImage, ...names: readonly string[]): LogImage {
  return new Map([...image].filter(([name]) => !names.includes(name)));
}

/**
 * Every line of a log, in the order of its segments. Where a segment is there both compressed and
 * not, the uncompressed one counts.
 *
 * @returns undefined where a segment cannot be uncompressed
 */
export function allLinesOf(image: LogImage): readonly Buffer[] | undefined {
  try {
    return segmentsOf(image)
      .filter((name) => !(name.endsWith('.gz') && image.has(name.slice(0, -'.gz'.length))))
      .flatMap((name) => linesOf(image, name));
  } catch {
    return undefined;
  }
}

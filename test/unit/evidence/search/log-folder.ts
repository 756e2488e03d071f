import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A line as the server writes it: ASCII, the envelope first. */
export function lineOf(record: object): string {
  return JSON.stringify(record).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A record of a key operation. */
export function operation(sequence: number, fields: object = {}): object {
  return {
    schema: 1,
    sequence,
    time: timeAt(sequence),
    replica: 'a',
    type: 'key-operation',
    kmsRequestId: `request-${sequence}`,
    operation: 'Encrypt',
    externalKeyId: 'payroll',
    result: 'success',
    ...fields,
  };
}

/** One second a record. */
export function timeAt(sequence: number): string {
  return new Date(Date.UTC(2026, 0, 1) + sequence * 1000).toISOString();
}

/** How a segment stands on disk. */
export interface SegmentShape {
  readonly lines: readonly string[];
  /** Lines in each member of gzip; undefined: not compressed. */
  readonly linesInMember?: number | undefined;
  readonly first: number;
}

/** Writes a segment. @returns its path */
export function writeSegment(
  folder: string,
  { lines, linesInMember, first }: SegmentShape,
): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${String(first).padStart(12, '0')}.jsonl`);
  if (linesInMember === undefined) {
    writeFileSync(path, textOf(lines));
    return path;
  }
  const members: Buffer[] = [];
  for (let at = 0; at < lines.length; at += linesInMember) {
    members.push(gzipSync(textOf(lines.slice(at, at + linesInMember))));
  }
  rmSync(path, { force: true });
  writeFileSync(`${path}.gz`, Buffer.concat(members));
  return `${path}.gz`;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

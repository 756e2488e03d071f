import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../../../src/audit/record/index.js';
import { conditionOn } from '../../../../src/evidence/search/condition.js';
import { type Filter, matches } from '../../../../src/evidence/search/filter.js';
import { search } from '../../../../src/evidence/search/search.js';
import { lineOf, timeAt, writeSegment } from './log-folder.js';

const PATHS = [
  'kmsRequestId',
  'externalKeyId',
  'status',
  'authorization.decision',
  'cause',
  'tried',
];
/** Few, so that they meet; with all that JSON spells in its own way. */
const texts = fc.constantFrom('a', 'ab', 'a"b', 'a\\b', 'é', 'a\u0007', '200', '2', '-', 'x/y', '');
const records = fc.record(
  {
    kmsRequestId: texts,
    externalKeyId: texts,
    status: fc.constantFrom(200, 2, 2.5),
    authorization: fc.record({ decision: fc.constantFrom('allowed', 'denied') }),
    cause: texts,
    tried: fc.array(texts, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const segments = fc.array(
  fc.record({
    records: fc.array(records, { minLength: 1, maxLength: 12 }),
    /** Enough of it, and the segment is read in several parts. */
    padding: fc.constantFrom(0, 0, 70_000),
    linesInMember: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 4 },
);
const times = fc.option(fc.integer({ min: 0, max: 48 }), { nil: undefined });
const filters: fc.Arbitrary<Filter> = fc.record({
  conditions: fc.array(
    fc
      .tuple(fc.constantFrom(...PATHS, 'sequence', 'nothing'), texts, fc.constantFrom('', '*'))
      .map(([path, value, star]) => conditionOn(path, value + star)),
    { maxLength: 2 },
  ),
  fromMs: times.map((at) => (at === undefined ? undefined : Date.parse(timeAt(at)))),
  toMs: times.map((at) => (at === undefined ? undefined : Date.parse(timeAt(at)))),
});

describe('search', () => {
  it('any log and any filter → what a look at every record finds', async () => {
    await fc.assert(
      fc.asyncProperty(segments, filters, async (shapes, filter) => {
        const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
        try {
          const lines = write(folder, shapes);
          const wanted = lines.filter((line) => matches(filter, JSON.parse(line) as AuditRecord));
          expect(await found(folder, filter)).toEqual(wanted);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });
});

function write(
  folder: string,
  shapes: readonly {
    readonly records: readonly object[];
    readonly padding: number;
    readonly linesInMember: number | undefined;
  }[],
): string[] {
  const all: string[] = [];
  for (const { records: contents, padding, linesInMember } of shapes) {
    const first = all.length;
    const lines = contents.map((fields, at) =>
      lineOf({
        schema: 1,
        sequence: first + at,
        time: timeAt(first + at),
        type: 'key-operation',
        ...fields,
        padding: 'p'.repeat(padding),
      }),
    );
    writeSegment(folder, { lines, linesInMember, first });
    all.push(...lines);
  }
  return all;
}

async function found(folder: string, filter: Filter): Promise<string[]> {
  const lines: string[] = [];
  const config = { threads: 1, notify: () => undefined };
  for await (const { line } of search([folder], filter, config)) lines.push(line);
  return lines;
}

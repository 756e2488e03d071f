import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeToContinue } from '../../../../../src/audit/sinks/feed/place-to-continue.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

/** Segments of 100 bytes that begin with these records. */
function segments(...firsts: readonly number[]): string {
  const folder = temporaryFolder();
  for (const first of firsts) {
    writeFileSync(join(folder, `${String(first).padStart(12, '0')}.jsonl`), 'x'.repeat(100));
  }
  return folder;
}

describe('where a sink continues', () => {
  it.each([
    ['in the last segment → there', { firsts: [0, 10, 20], from: 25, bufferBytes: 0 }, 25],
    ['with as much waiting as may → there', { firsts: [0, 10, 20], from: 5, bufferBytes: 200 }, 5],
    [
      'with more waiting → at the first segment from which it is not too much',
      { firsts: [0, 10, 20], from: 5, bufferBytes: 199 },
      20,
    ],
    [
      'with more waiting than two segments',
      { firsts: [0, 10, 20, 30], from: 5, bufferBytes: 250 },
      20,
    ],
    [
      'with the last segment alone being too much → at its beginning',
      { firsts: [0, 10, 20], from: 5, bufferBytes: 50 },
      20,
    ],
    [
      'in a segment that is gone → at the oldest one',
      { firsts: [10, 20], from: 5, bufferBytes: 1_000 },
      10,
    ],
    [
      'in a segment that is gone, with more waiting',
      { firsts: [10, 20, 30], from: 5, bufferBytes: 100 },
      30,
    ],
    ['without a log → where it is', { firsts: [], from: 5, bufferBytes: 0 }, 5],
  ])('%s', async (_, { firsts, from, bufferBytes }, expected) => {
    expect(await placeToContinue(segments(...firsts), from, bufferBytes)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { CheckpointSet } from '../../../../src/audit/verify/checkpoint-set.js';
import { Findings } from '../../../../src/audit/verify/findings.js';
import { OwnWords } from '../../../../src/audit/verify/own-words.js';
import type { FinishedReading } from '../../../../src/audit/verify/reading.js';
import { Seals } from '../../../../src/audit/verify/seals.js';
import { takenOver } from '../../../../src/audit/verify/unvouched.js';
import { signer } from '../log/log-fixture.js';

type Told = readonly [sequence: number, first: number, last: number, accepted?: string];

/**
 * A reading whose records tell of ranges that were taken over, and that is signed up to some
 * record.
 */
function reading(
  told: readonly Told[],
  vouchedBefore: number,
  accepted: readonly (readonly [number, number])[] = [],
): FinishedReading {
  const findings = new Findings();
  const checkpoints = new CheckpointSet('log', [signer.verifierKey], findings);
  const words = new OwnWords();
  for (const [sequence, unsignedFirst, unsignedLast, reason] of told) {
    const record = { sequence, type: 'recovery', unsignedFirst, unsignedLast, accepted: reason };
    words.add(Buffer.from(JSON.stringify(record)), sequence);
  }
  return {
    result: {
      records: 100,
      end: 100,
      matchedSizes: [],
      matchedKept: 0,
      signedBy: new Set<string>(),
      vouchedBefore,
      root: undefined,
      firstTime: undefined,
      lastTime: undefined,
      tornBytes: 0,
      isUnread: false,
      isEndUnread: false,
      unread: [],
    },
    checkpoints,
    findings,
    words,
    seals: new Seals(checkpoints),
    scope: { first: 0, accepted, isHeldAgainstKept: false, visit: undefined },
  };
}

describe('takenOver', () => {
  const loop: readonly Told[] = [
    [21, 10, 20],
    [26, 10, 25, 'disk was full'],
    [31, 10, 30],
  ];

  it('a range for every start of a crash loop → one finding, which names every record that tells', () => {
    const read = reading(loop, 50);
    expect(takenOver(read).ranges).toEqual([{ first: 10, last: 30 }]);
    expect(read.findings.list).toMatchObject([{ sequence: 10, lastSequence: 30 }]);
    expect(read.findings.list[0]?.message).toContain('as records 21, 26 and 31 say');
    expect(read.findings.list[0]?.message).toContain('"disk was full"');
    expect(read.findings.list[0]?.message).toContain('--accept 10-30');
  });

  it('the outermost range accepted → a note, and no finding', () => {
    const read = reading(loop, 50, [[10, 30]]);
    expect(takenOver(read).notes).toHaveLength(1);
    expect(read.findings.list).toEqual([]);
  });

  it('only an inner range accepted → the finding stays', () => {
    const read = reading(loop, 50, [[10, 25]]);
    takenOver(read);
    expect(read.findings.list).toHaveLength(1);
  });

  it('ranges that overlap or lie apart → each', () => {
    const read = reading(
      [
        [21, 10, 20],
        [41, 18, 40],
        [61, 55, 60],
      ],
      90,
    );
    expect(takenOver(read).ranges).toHaveLength(3);
    expect(read.findings.list).toHaveLength(3);
  });

  it('a signed range inside one that only an unsigned record tells of → still a finding', () => {
    const read = reading(
      [
        [21, 10, 20],
        [61, 5, 60],
      ],
      50,
    );
    takenOver(read);
    expect(read.findings.list).toMatchObject([{ sequence: 10, lastSequence: 20 }]);
  });
});

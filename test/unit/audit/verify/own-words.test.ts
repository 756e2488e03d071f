import { describe, expect, it } from 'vitest';
import { OwnWords } from '../../../../src/audit/verify/own-words.js';

const line = (fields: object) => Buffer.from(JSON.stringify(fields));
const retention = (sequence: number, lastSequence: number) =>
  line({ sequence, type: 'retention', firstSequence: 0, lastSequence });

describe('OwnWords', () => {
  it.each([
    ['it is signed', { vouchedBefore: 51 }, true],
    ['it is not signed', { vouchedBefore: 50 }, false],
    ['it says less than is missing', { vouchedBefore: 51, last: 18 }, false],
    ['it says more than is missing', { vouchedBefore: 51, last: 30 }, true],
    ['it tells of records after itself', { vouchedBefore: 90, last: 60 }, false],
  ])(
    'a retention record, and %s → the missing start is explained or not',
    (_, given, explained) => {
      const words = new OwnWords();
      words.add(retention(50, 'last' in given ? given.last : 19), 50);
      expect(words.explain(20, given.vouchedBefore)).toBe(explained);
    },
  );

  it('a retention record that a server has taken over unsigned → explains nothing', () => {
    const words = new OwnWords();
    words.add(retention(50, 19), 50);
    words.add(line({ sequence: 60, type: 'recovery', unsignedFirst: 45, unsignedLast: 59 }), 60);
    expect(words.explain(20, 90)).toBe(false);
  });

  it('a recovery → its range and what was left behind', () => {
    const words = new OwnWords();
    const setAside = [{ file: 'a.set-aside-1', sizes: [3, 4] }, { file: 'b.set-aside-2' }];
    words.add(line({ sequence: 9, type: 'recovery', tornBytes: 0, setAside }), 9);
    words.add(
      line({ sequence: 30, type: 'recovery', tornBytes: 7, unsignedFirst: 20, accepted: 'why' }),
      30,
    );
    expect(words.takenOver).toEqual([{ first: 20, last: 29, sequence: 30, accepted: 'why' }]);
    expect(words.leftBehind).toEqual([
      { sequence: 9, tornBytes: 0, setAside: ['a.set-aside-1', 'b.set-aside-2'], sizes: [3, 4] },
      { sequence: 30, tornBytes: 7, setAside: [], sizes: [] },
    ]);
  });

  it.each([
    ['of another number', retention(51, 19)],
    ['of another type', line({ sequence: 50, type: 'reload', firstSequence: 0, lastSequence: 19 })],
    ['that is cut', retention(50, 19).subarray(0, -3)],
    ['without the numbers', line({ sequence: 50, type: 'retention' })],
    ['with its type in a text', line({ sequence: 50, type: 'stop', a: '"type":"retention"' })],
    ['that is empty', Buffer.alloc(0)],
  ])('a line %s → says nothing', (_, said) => {
    const words = new OwnWords();
    words.add(said, 50);
    expect(words.explain(20, 90)).toBe(false);
    expect([...words.takenOver, ...words.leftBehind]).toEqual([]);
  });
});

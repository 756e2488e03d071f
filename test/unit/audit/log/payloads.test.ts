import { describe, expect, it } from 'vitest';
import { Payloads } from '../../../../src/audit/log/payloads.js';

const ACT = { act: 'createKey', by: 'admin-socket', result: 'success' } as const;

/** Reads back an act whose request has this text. */
function readBack(text: string, replica = 'replica-1') {
  const payloads = new Payloads(replica, { now: () => 0 });
  const payload = payloads.of('administrative-act', { ...ACT, request: { [text]: [text] } });
  return { payload, record: JSON.parse(`{${payload}`) as { replica: string; request: object } };
}

describe('a record', () => {
  it.each([
    ['half of a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['halves in the wrong order', '\udc00\ud83d', '\ufffd\ufffd'],
    ['a pair', '\u{1f511}', '\u{1f511}'],
    ['the escape as a text', '\\ud800', '\\ud800'],
    ['control characters', '\u0000\u001b\u007f\u0085\u2028', '\u0000\u001b\u007f\u0085\u2028'],
  ])('with %s → printable ASCII that every reader takes', (_, text, expected) => {
    const { payload, record } = readBack(text);
    expect(payload).toMatch(/^[\x20-\x7e]*$/);
    expect(record.request).toStrictEqual({ [expected]: [expected] });
  });

  it('of a replica whose name is cut in the middle of a pair → well-formed, too', () => {
    expect(readBack('', 'replica\ud83d').record.replica).toBe('replica\ufffd');
  });
});

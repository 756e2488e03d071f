import { describe, expect, it, vi } from 'vitest';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { AuditTimeoutError } from '../../../../src/audit/trail/errors.js';
import { Interruption } from '../../../../src/audit/trail/interruption.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { captureLog } from '../../../support/log-lines.js';

/** An interruption of a log that takes records when a test says so. */
function interruption(cause: unknown) {
  const lines: Record<string, unknown>[] = [];
  let isFull = true;
  let hasReserve = true;
  let onAppend = (): void => undefined;
  const { logger, lines: logged } = captureLog();
  const ended = vi.fn();
  const log = {
    takeReserve: () => (hasReserve ? Promise.resolve() : Promise.reject(new Error('no space'))),
    append: (payload: string): Promise<number> => {
      if (isFull) return Promise.reject(new Error('no space'));
      lines.push(JSON.parse(`{${payload}`) as Record<string, unknown>);
      onAppend();
      return Promise.resolve(lines.length - 1);
    },
    sign: vi.fn(() => Promise.resolve(true)),
  };
  const payloads = new Payloads('test', systemClock);
  return {
    it: new Interruption({ log, payloads, logger }, cause, ended),
    payloads,
    lines,
    sign: log.sign,
    logged,
    ended,
    makeRoom: () => {
      isFull = false;
    },
    reserve: (has: boolean) => {
      hasReserve = has;
    },
    whenAppended: (act: () => void) => {
      onAppend = () => {
        onAppend = () => undefined;
        act();
      };
    },
  };
}

const noSpace = () => Object.assign(new Error('no space left'), { code: 'ENOSPC' });

describe('an interruption', () => {
  it.each<[string, unknown, string]>([
    ['an error of the file system', noSpace(), 'ENOSPC'],
    ['a disk that stands still', new AuditTimeoutError('late'), 'slow'],
    ['anything else', new TypeError('x is not a function'), 'defect'],
  ])('by %s → its reason in the gap', async (_title, cause, reason) => {
    const { it: gap, lines, makeRoom } = interruption(cause);
    makeRoom();
    await gap.stop();
    expect(lines).toMatchObject([{ type: 'gap', reason, refused: 0, served: 0 }]);
  });

  it('ends by itself when records can be written again, and not before', async () => {
    const { it: gap, lines, makeRoom, ended, logged } = interruption(noSpace());
    gap.countRefused();
    gap.countRefused();
    gap.countServed();
    await gap.stop();
    expect(ended).not.toHaveBeenCalled();
    makeRoom();
    await gap.stop();
    expect(ended).toHaveBeenCalledOnce();
    expect(lines).toMatchObject([{ type: 'gap', refused: 2, served: 1 }]);
    expect(logged().map(({ msg }) => msg)).toEqual([
      'the audit log cannot be written',
      'the audit log can be written again',
    ]);
  });

  it('on a disk that has room for a gap, and not for what may follow → goes on', async () => {
    const { it: gap, lines, makeRoom, reserve, ended } = interruption(noSpace());
    makeRoom();
    reserve(false);
    await gap.stop();
    expect(ended).not.toHaveBeenCalled();
    expect(lines).toEqual([]);
    reserve(true);
    await gap.stop();
    expect(lines).toMatchObject([{ type: 'gap' }]);
  });

  it('what was held → recorded after the gap, in order', async () => {
    const { it: gap, lines, makeRoom, payloads } = interruption(noSpace());
    gap.hold(payloads.of('abandoned', { record: 1, reason: 'deadline' }));
    gap.hold(payloads.of('abandoned', { record: 2, reason: 'client-gone' }));
    makeRoom();
    await gap.stop();
    expect(lines).toMatchObject([{ type: 'gap' }, { record: 1 }, { record: 2 }]);
  });

  it('what was held → signed at once: it tells of more time than may be unsigned', async () => {
    const { it: gap, lines, makeRoom, payloads, sign } = interruption(noSpace());
    gap.hold(payloads.of('abandoned', { record: 1, reason: 'deadline' }));
    let signedAt = 0;
    sign.mockImplementation(() => {
      signedAt = lines.length;
      return Promise.resolve(true);
    });
    makeRoom();
    await gap.stop();
    expect(signedAt).toBe(2);
  });

  it('more than can be held → the log of the process has the rest', async () => {
    const { it: gap, lines, makeRoom, payloads, logged } = interruption(noSpace());
    const payload = payloads.of('stop', {});
    for (let index = 0; index < 10_001; index += 1) gap.hold(payload);
    makeRoom();
    await gap.stop();
    expect(lines).toHaveLength(10_001);
    expect(logged().map(({ msg }) => msg)).toContain('a record was lost');
  });

  it('requests that came while the gap was being recorded → a second gap tells of them', async () => {
    const { it: gap, lines, makeRoom, whenAppended } = interruption(noSpace());
    gap.countRefused();
    whenAppended(() => {
      gap.countRefused();
    });
    makeRoom();
    await gap.stop();
    expect(lines).toMatchObject([
      { type: 'gap', refused: 1 },
      { type: 'gap', refused: 1 },
    ]);
  });
});

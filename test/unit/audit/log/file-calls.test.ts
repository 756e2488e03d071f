import { pbkdf2 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FileCalls } from '../../../../src/audit/log/file-calls.js';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { AuditTrail } from '../../../../src/audit/trail/audit-trail.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { deferred } from '../../../support/deferred.js';
import { captureLog } from '../../../support/log-lines.js';
import { requestEntry } from '../../../support/request-entry.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { openTestLog } from './log-fixture.js';

describe('a call of the file system', () => {
  function call() {
    let now = 0;
    const turn = deferred();
    const calls = new FileCalls({ monotonic: () => now }, () => turn.promise);
    const work = deferred();
    const done = calls.run(() => work.promise);
    const after = (ms: number) => {
      now = ms;
      return calls.isStuck(1_000);
    };
    return { calls, turn, work, done, after };
  }

  it('that has taken less than the limit → is not stuck', async () => {
    expect(await call().after(999)).toBe(false);
  });

  it('whose end is told in the next turn of the loop → is not stuck, however long ago it began', async () => {
    const { after, work, turn, done } = call();
    const stuck = after(60_000);
    work.resolve(undefined);
    await done;
    turn.resolve(undefined);
    expect(await stuck).toBe(false);
  });

  it('that is under way after that turn → is stuck', async () => {
    const { after, turn } = call();
    const stuck = after(1_000);
    turn.resolve(undefined);
    expect(await stuck).toBe(true);
  });

  it('that has failed → is not under way any more', async () => {
    const { after, work, done } = call();
    work.reject(new Error('EIO'));
    await expect(done).rejects.toThrow('EIO');
    expect(await after(60_000)).toBe(false);
  });
});

describe('a process that is busy, on a disk that works', () => {
  async function trailOnDisk() {
    const { log } = await openTestLog(temporaryFolder(), { durability: 'synced' });
    const { logger } = captureLog();
    const payloads = new Payloads('test', systemClock);
    const trail = new AuditTrail({
      log,
      payloads,
      clock: systemClock,
      logger,
      onAuditFailure: 'refuse',
    });
    await trail.record('stop', {});
    const record = (ms: number) =>
      trail.recordRequest(
        requestEntry({ operation: 'Encrypt', accessKeyId: 'A' }),
        Deadline.after(systemClock, ms),
      );
    return { trail, record };
  }

  /** Keeps the event loop busy, as parsing does what strangers send. */
  function block(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until);
  }

  it('event loop blocked for longer than deadline and limit → the record counts, and nothing is interrupted', async () => {
    const { trail, record } = await trailOnDisk();
    const recorded = record(50);
    // The write is begun at the end of this turn of the loop, and the loop is blocked in the next.
    setImmediate(() => {
      setImmediate(() => {
        block(1_500);
      });
    });
    expect(await recorded).toBe(2);
    expect(trail.isInterrupted).toBe(false);
    await trail.close();
  });

  it('every thread for file calls taken → a record can be late, and nothing is interrupted', async () => {
    const { trail, record } = await trailOnDisk();
    const jobs = Array.from(
      { length: 8 },
      () =>
        new Promise((resolve) => {
          pbkdf2('password', 'salt', 1_000_000, 64, 'sha512', resolve);
        }),
    );
    await record(20).catch(() => undefined);
    expect(trail.isInterrupted).toBe(false);
    await Promise.all(jobs);
    expect(await record(10_000)).toBeGreaterThan(2);
    expect(trail.isInterrupted).toBe(false);
    await trail.close();
  });
});

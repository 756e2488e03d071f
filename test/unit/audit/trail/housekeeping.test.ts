import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { Housekeeping } from '../../../../src/audit/trail/housekeeping.js';
import type { Clock } from '../../../../src/shared/clock.js';
import { captureLog } from '../../../support/log-lines.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { openTestLog } from '../log/log-fixture.js';

const DAY_MS = 86_400_000;
const BEGUN_AT = Date.parse('2026-03-01T00:00:00Z');

/** A clock on the wall and one that runs, both of which a test sets. */
class SetClock implements Clock {
  wall = BEGUN_AT;
  running = 0;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.running;
  }

  /** Both move, as time does. */
  pass(ms: number): void {
    this.wall += ms;
    this.running += ms;
  }
}

/** A log that was written for three days, a segment a day. */
async function threeDays(clock: SetClock): Promise<string> {
  const directory = temporaryFolder();
  const segments = { maxBytes: 2 ** 26, maxAgeMs: DAY_MS };
  const { log } = await openTestLog(directory, {
    clock,
    segments,
    payloads: new Payloads('test', clock),
  });
  const payloads = new Payloads('test', clock);
  for (let day = 0; day < 3; day += 1) {
    await log.append(payloads.of('stop', {}));
    clock.pass(DAY_MS);
  }
  await log.append(payloads.of('stop', {}));
  await log.close();
  return directory;
}

/** Tidies up once, as at a start or ten minutes later. */
async function tidy(directory: string, clock: Clock, newestRecordAt: number) {
  const removed: object[] = [];
  const { logger } = captureLog();
  const housekeeping = new Housekeeping({
    directory,
    compressAfterMs: Number.POSITIVE_INFINITY,
    openSegment: () => undefined,
    newestRecordAt,
    retentionDays: 2,
    clock,
    logger,
    recordRetention: (fields) => {
      removed.push(fields);
      return Promise.resolve();
    },
  });
  await housekeeping.stop();
  return removed;
}

const segmentsIn = (directory: string) =>
  readdirSync(directory).filter((name) => name.endsWith('.jsonl')).length;

describe('retention', () => {
  it('of a server that runs → removes what is older, by the wall and by the time that has run', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    const newest = clock.wall;
    expect(await tidy(directory, clock, newest)).toEqual([]);
    clock.pass(1);
    // The same process goes on: what it counted was kept.
    const counted = { format: 1, countedUntil: new Date(clock.wall).toISOString() };
    writeFileSync(join(directory, 'retention-clock.json'), JSON.stringify(counted));
    expect(await tidy(directory, clock, clock.wall)).toMatchObject([{ firstSequence: 0 }]);
    expect(segmentsIn(directory)).toBe(3);
  });

  it('when the clock jumps a day forward while no server runs → removes nothing', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    await tidy(directory, clock, clock.wall);
    const newest = clock.wall;
    clock.wall += 10 * DAY_MS;
    expect(await tidy(directory, clock, newest)).toEqual([]);
    // And when the records that were written meanwhile have the time of that clock.
    expect(await tidy(directory, clock, clock.wall)).toEqual([]);
    expect(segmentsIn(directory)).toBe(4);
  });

  it('of a log without a time that was kept → goes by its newest record', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    const newest = clock.wall;
    clock.wall += 400 * DAY_MS;
    expect(await tidy(directory, clock, newest)).toEqual([]);
    rmSync(join(directory, 'retention-clock.json'));
    expect(await tidy(directory, clock, newest + 1)).toMatchObject([{ firstSequence: 0 }]);
  });

  it('after a long stop → goes on to remove, a day for a day that the server runs', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    let newest = clock.wall;
    await tidy(directory, clock, newest);
    clock.wall += 400 * DAY_MS;
    for (let day = 0; day < 3; day += 1) {
      const running = new SetClock();
      running.wall = clock.wall + day * DAY_MS;
      const begun = running.monotonic.bind(running);
      let asked = 0;
      // The day passes between the start and the time that is asked for.
      running.monotonic = () => begun() + (asked++ === 0 ? 0 : DAY_MS);
      newest = running.wall;
      await tidy(directory, running, newest);
    }
    expect(segmentsIn(directory)).toBe(1);
  });

  it('a clock that was set back for a time → the segments before it are not old', async () => {
    const clock = new SetClock();
    const directory = temporaryFolder();
    const segments = { maxBytes: 1, maxAgeMs: 2 ** 30 };
    const payloads = new Payloads('test', clock);
    const { log } = await openTestLog(directory, { clock, segments, payloads });
    await log.append(payloads.of('stop', {}));
    clock.wall -= 100 * DAY_MS;
    await log.append(payloads.of('stop', {}));
    await log.append(payloads.of('stop', {}));
    clock.wall += 100 * DAY_MS;
    await log.append(payloads.of('stop', {}));
    await log.close();
    expect(await tidy(directory, clock, clock.wall)).toEqual([]);
  });

  it('whose record cannot be signed → removes nothing', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    const { logger, lines } = captureLog();
    const housekeeping = new Housekeeping({
      directory,
      compressAfterMs: Number.POSITIVE_INFINITY,
      openSegment: () => undefined,
      newestRecordAt: clock.wall,
      retentionDays: 1,
      clock,
      logger,
      recordRetention: () => Promise.reject(new Error('not signed')),
    });
    await housekeeping.stop();
    expect(segmentsIn(directory)).toBe(4);
    expect(lines()).toMatchObject([{ err: { message: 'not signed' } }]);
  });
});

describe('compression', () => {
  it('leaves the segment that is being written, and all after it', async () => {
    const clock = new SetClock();
    const directory = await threeDays(clock);
    const { logger } = captureLog();
    const housekeeping = new Housekeeping({
      directory,
      compressAfterMs: -2 * DAY_MS,
      openSegment: () => 2,
      newestRecordAt: clock.wall,
      retentionDays: undefined,
      clock: { now: () => Date.now(), monotonic: () => 0 },
      logger,
      recordRetention: () => Promise.resolve(),
    });
    const compressed = () => readdirSync(directory).filter((name) => name.endsWith('.gz'));
    await expect.poll(compressed).toEqual(['000000000000.jsonl.gz']);
    await housekeeping.stop();
    expect(compressed()).toHaveLength(1);
    expect(existsSync(join(directory, 'retention-clock.json'))).toBe(false);
    expect(readFileSync(join(directory, '000000000002.jsonl')).length).toBeGreaterThan(0);
  });
});

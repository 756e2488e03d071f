import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { SegmentTimes } from '../../../../src/audit/read/segment-times.js';
import { noteSigner } from '../../../../src/transparency-log/signed-note.js';
import { auditRecords } from '../../../support/audit-records.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { openTestLog } from './log-fixture.js';

const NOON = Date.parse('2026-03-01T12:00:00.000Z');
const MINUTE_MS = 60_000;

/** A log whose records are made when the test says. */
class TimedLog {
  readonly directory = temporaryFolder();
  #now = NOON;

  /** Opens the log, adds a record at each of these minutes after noon, and closes it. */
  async run(minutes: readonly number[], overrides: Parameters<typeof openTestLog>[1] = {}) {
    const payloads = new Payloads('test', { now: () => this.#now });
    this.#at(minutes[0]);
    const { log } = await openTestLog(this.directory, { payloads, ...overrides });
    for (const minute of minutes) {
      this.#at(minute);
      await log.append(payloads.of('stop', {}));
    }
    await log.close();
  }

  async heads() {
    const records = await auditRecords(this.directory);
    return records.flatMap((record) => (record.type === 'segment' ? [record.segmentBefore] : []));
  }

  #at(minute = 0): void {
    this.#now = NOON + minute * MINUTE_MS;
  }
}

function iso(minute: number): string {
  return new Date(NOON + minute * MINUTE_MS).toISOString();
}

const full = { segments: { maxBytes: 1, maxAgeMs: 2 ** 30 } };

describe('the first record of a segment', () => {
  it('the first of the log → says nothing of a segment before', async () => {
    const log = new TimedLog();
    await log.run([0]);
    expect(await log.heads()).toEqual([undefined]);
  });

  it('the clock was wrong in the middle of the segment before → its earliest and latest time', async () => {
    const log = new TimedLog();
    await log.run([10, -30, 90, 20]);
    await log.run([25, 30], full);
    expect(await log.heads()).toEqual([
      undefined,
      { firstSequence: 0, earliest: iso(-30), latest: iso(90) },
    ]);
  });

  it('the segment before was begun by another process → both have their part in it', async () => {
    const log = new TimedLog();
    await log.run([5, 4]);
    await log.run([10, 11, 12], full);
    const [, second, third] = await log.heads();
    expect(second).toEqual({ firstSequence: 0, earliest: iso(4), latest: iso(10) });
    expect(third).toEqual({ firstSequence: 4, earliest: iso(11), latest: iso(11) });
  });

  it('the first after a start with another key → tells of the segment of the key before', async () => {
    const log = new TimedLog();
    await log.run([1, 2]);
    const key = generateKeyPairSync('ed25519').privateKey;
    await log.run([3], { signer: noteSigner('log.example/test', key) });
    expect((await log.heads())[1]).toEqual({ firstSequence: 0, earliest: iso(1), latest: iso(2) });
  });
});

describe('SegmentTimes', () => {
  const line = (place: string, time: string) =>
    Buffer.from(`{"schema":1,${place},"time":"${time}","replica":"a","type":"stop"}`);
  const previous = `"previous":"${'A'.repeat(43)}="`;

  it('lines with and without a link → all are read, wherever they begin', () => {
    const times = new SegmentTimes(0);
    times.add(line('"sequence":0', iso(3)));
    const two = Buffer.concat([Buffer.from('x\n'), line(`"sequence":10,${previous}`, iso(1))]);
    times.add(two, 2);
    expect(times.told).toEqual({ firstSequence: 0, earliest: iso(1), latest: iso(3) });
    expect(times.copy().told).toEqual(times.told);
    expect(times.records).toBe(2);
  });

  it.each([
    ['no time in its place', line(`"sequence":1,"note":1,${previous}`, iso(1))],
    ['a time of another length', line('"sequence":1', '2026-03-01T12:00:00Z')],
    ['nothing in it', Buffer.alloc(0)],
  ])('a line with %s → may be of any time', (_, unreadable) => {
    const times = new SegmentTimes(7);
    times.add(line('"sequence":7', iso(0)));
    times.add(unreadable);
    expect(times.told).toEqual({
      firstSequence: 7,
      earliest: '0000-01-01T00:00:00.000Z',
      latest: '9999-12-31T23:59:59.999Z',
    });
  });
});

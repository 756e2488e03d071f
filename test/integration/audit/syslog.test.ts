import { describe, expect, it, vi } from 'vitest';
import {
  compressSegments,
  findOldSegments,
  removeSegments,
} from '../../../src/audit/log/closed-segments.js';
import type { LogLimits } from '../../support/shipped-log.js';
import {
  configOf,
  expectAllThere,
  expectCollected,
  makeCollector,
  openShippedLog,
  PATIENCE,
  rsyslogProgram,
} from '../../support/syslog-shipping.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SMALL_SEGMENTS: LogLimits = { segments: { maxBytes: 100_000, maxAgeMs: 86_400_000 } };

describe.skipIf(rsyslogProgram === undefined)('a syslog sink and rsyslog', () => {
  it('records and checkpoints → arrive once and byte for byte, under the header of RFC 5424', async () => {
    const rsyslog = await makeCollector();
    await rsyslog.start();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    await log.add(3_000);
    await log.close();
    await expectCollected(rsyslog, log);
    expect(rsyslog.records).toHaveLength(3_001);
    expect(JSON.parse(rsyslog.checkpoints.at(-1) ?? '')).toEqual({
      checkpoint: expect.stringMatching(/^log\.example\/test\n3001\n[^\n]{44}\n\n\u2014 [^\n]+\n$/),
    });
    const time = (JSON.parse(rsyslog.records[0] ?? '') as { time: string }).time;
    expect(rsyslog.headers[0]).toBe(`110 ${time} h holdfast ${process.pid} segment -`);
    expect(rsyslog.headers.at(-1)).toMatch(/^110 \S{24} h holdfast \d+ checkpoint -$/);
  });

  it('the collector is away at the start → everything arrives when it is there, and it is told once', async () => {
    const rsyslog = await makeCollector();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    await log.add(500);
    await log.sign();
    await vi.waitFor(() => {
      expect(log.logged.join('')).toContain('ECONNREFUSED');
    }, PATIENCE);
    expect(log.sinks[0]?.behind).toBe(501);
    await rsyslog.start();
    await expectCollected(rsyslog, log);
    await vi.waitFor(() => {
      expect(rsyslog.checkpoints).toHaveLength(1);
      expect(log.logged.join('')).toContain('the audit sink is connected');
    }, PATIENCE);
    expect(log.logged).toHaveLength(2);
    expect(log.sinks[0]?.behind).toBe(0);
  });

  it('another collector, while the first is away → gets all that the first did not', async () => {
    const first = await makeCollector();
    await first.start();
    const log = await openShippedLog(temporaryFolder(), configOf(first));
    await log.add(300);
    await expectCollected(first, log);
    await first.stop('SIGTERM');
    await log.add(200);
    const second = await makeCollector();
    await second.start();
    log.changeSinks([configOf(second)]);
    await vi.waitFor(() => {
      expect(log.sinks).toHaveLength(1);
    }, PATIENCE);
    await log.add(1);
    const lines = await log.lines();
    await vi.waitFor(() => {
      expect(second.records.at(-1)).toBe(lines.at(-1));
    }, PATIENCE);
    expect(new Set([...first.records, ...second.records])).toEqual(new Set(lines));
  });

  it('the collector is killed in the middle, twice → nothing is missing', async () => {
    const rsyslog = await makeCollector();
    await rsyslog.start();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    for (let round = 0; round < 2; round += 1) {
      const before = rsyslog.recordBytes;
      const adding = log.add(20_000, 700);
      await vi.waitFor(() => {
        expect(rsyslog.recordBytes).toBeGreaterThan(before + 2_000_000);
      }, PATIENCE);
      await rsyslog.stop('SIGKILL');
      await adding;
      await rsyslog.start();
    }
    // Of a message that it was writing there may be a part, which is no record.
    await expectAllThere(rsyslog, log);
  });

  it('the collector reads nothing for a while → nobody waits for it, and everything arrives', async () => {
    const rsyslog = await makeCollector();
    await rsyslog.start();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    await log.add(10);
    await expectCollected(rsyslog, log);
    rsyslog.pause();
    const before = process.memoryUsage().arrayBuffers;
    await log.add(40_000, 1_000);
    expect(log.sinks[0]?.behind).toBeGreaterThan(20_000);
    globalThis.gc?.();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    rsyslog.resume();
    await expectCollected(rsyslog, log);
    expect(rsyslog.records).toHaveLength(40_011);
  });

  it('it reads nothing and is then killed → what was on the way is sent again', async () => {
    const rsyslog = await makeCollector();
    await rsyslog.start();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    await log.add(10);
    await expectCollected(rsyslog, log);
    rsyslog.pause();
    await log.add(10_000, 1_000);
    await vi.waitFor(() => {
      expect(log.sinks[0]?.behind).toBeLessThan(8_000);
    }, PATIENCE);
    await rsyslog.stop('SIGKILL');
    await rsyslog.start();
    await expectCollected(rsyslog, log);
  });

  it('Holdfast is restarted in order → goes on where it was, and sends no record twice', async () => {
    const rsyslog = await makeCollector();
    await rsyslog.start();
    const directory = temporaryFolder();
    const config = configOf(rsyslog);
    const first = await openShippedLog(directory, config);
    await first.add(1_000);
    await first.close();
    const second = await openShippedLog(directory, config);
    await second.add(1_000);
    await second.close();
    await expectCollected(rsyslog, second);
    expect(rsyslog.records).toHaveLength(2_001);
    // The newest one is sent again after a start.
    expect(new Set(rsyslog.checkpoints).size).toBe(2);
  });

  it('restarted while the collector is away → what the first could not send comes from the files', async () => {
    const rsyslog = await makeCollector();
    const directory = temporaryFolder();
    const config = configOf(rsyslog);
    const first = await openShippedLog(directory, config, SMALL_SEGMENTS);
    await first.add(2_000);
    await first.close();
    const second = await openShippedLog(directory, config, SMALL_SEGMENTS);
    await second.add(1);
    await rsyslog.start();
    await expectCollected(rsyslog, second);
    await vi.waitFor(() => {
      const last = rsyslog.checkpoints.at(-1) ?? '';
      expect(last).toContain(`\\n${first.size}\\n`);
    }, PATIENCE);
  });

  it('segments are closed and compressed while it is away → read from the compressed files', async () => {
    const rsyslog = await makeCollector();
    const directory = temporaryFolder();
    const log = await openShippedLog(directory, configOf(rsyslog), SMALL_SEGMENTS);
    await log.add(5_000);
    await compressSegments(directory, Number.POSITIVE_INFINITY);
    await log.add(1_000);
    await rsyslog.start();
    await expectCollected(rsyslog, log);
    await log.close();
    await vi.waitFor(() => {
      expect(rsyslog.checkpoints.length).toBeGreaterThan(5);
    }, PATIENCE);
    expect(rsyslog.checkpoints.at(-1)).toContain(`\\n${log.size}\\n`);
  });

  it('more waits than the buffer may hold → the oldest segments are left out, and it is told which', async () => {
    const rsyslog = await makeCollector();
    const config = { ...configOf(rsyslog), bufferBytes: 250_000 };
    const log = await openShippedLog(temporaryFolder(), config, SMALL_SEGMENTS);
    for (let round = 0; round < 10; round += 1) await log.add(400);
    await rsyslog.start();
    const lines = await log.lines();
    await vi.waitFor(() => {
      expect(rsyslog.records.at(-1)).toBe(lines.at(-1));
    }, PATIENCE);
    const left = lines.length - rsyslog.records.length;
    expect(left).toBeGreaterThan(500);
    expect(rsyslog.records).toEqual(lines.slice(left));
    expect(log.gaps).toEqual([`siem 0 ${left - 1}`]);
  });

  it('segments are removed before they were sent → told as a gap', async () => {
    const rsyslog = await makeCollector();
    const directory = temporaryFolder();
    const log = await openShippedLog(directory, configOf(rsyslog), SMALL_SEGMENTS);
    for (let round = 0; round < 5; round += 1) await log.add(1_000);
    const old = await findOldSegments(directory, Number.POSITIVE_INFINITY);
    if (old === undefined) throw new Error('there are closed segments');
    await removeSegments(directory, old);
    await rsyslog.start();
    await expectCollected(rsyslog, log);
    expect(log.gaps).toEqual([`siem 0 ${old.lastSequence}`]);
  });
});

import { expect, it, onTestFinished, vi } from 'vitest';
import { BufferedDestination } from '../../../src/observability/log-destination.js';
import type { OutputFile } from '../../../src/observability/output-file.js';
import { type Deferred, deferred } from '../../support/deferred.js';

/** So long that it is written at once. */
const LINE = `${'x'.repeat(40_000)}\n`;
const STDERR = 2;
const FULL = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/** A disk whose writes in the background end when a test likes; standard error is kept. */
const disk = vi.hoisted(() => ({ writes: [] as Deferred<number>[], told: [] as string[] }));

vi.mock(import('../../../src/observability/output-file.js'), async (original) => ({
  ...(await original()),
  outputFile: (fileDescriptor: number): OutputFile => ({
    neverWaits: false,
    writeSync: (bytes) => {
      if (fileDescriptor !== STDERR) throw FULL;
      disk.told.push(bytes.toString());
      return bytes.length;
    },
    write: () => {
      const write = deferred<number>();
      disk.writes.push(write);
      return write.promise;
    },
  }),
}));

it.each([
  ['for the first time', 0],
  ['again', 1],
])(
  'the time is over while the only lines are being written %s → they count as lost',
  async (...[, failures]) => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    disk.writes.length = 0;
    disk.told.length = 0;
    const destination = new BufferedDestination(1);
    destination.write(LINE);
    for (let failed = 0; failed < failures; failed += 1) {
      disk.writes.at(-1)?.reject(FULL);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(disk.writes).toHaveLength(failures + 1);
    const ended = destination.end();
    await vi.advanceTimersByTimeAsync(2_000);
    await ended;
    const lost = `The log could not be written, and lost 1 line (${String(LINE.length)} bytes).\n`;
    expect(disk.told.at(-1)).toBe(lost);
    disk.writes.at(-1)?.reject(FULL);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(disk.told.at(-1)).toBe(lost);
  },
);

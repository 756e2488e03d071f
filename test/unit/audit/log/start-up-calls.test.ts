import type * as FilePromises from 'node:fs/promises';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { openLog } from '../../../../src/audit/log/open-log.js';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from './log-fixture.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FilePromises>();
  return { ...real, readdir: vi.fn(real.readdir), open: vi.fn<typeof real.open>(real.open) };
});

const openings = vi.mocked<(path: string) => Promise<FileHandle>>(open as never);

describe('a start with a log of several segments', () => {
  it('lists the folder once, and opens the last segment for its head and for its lines', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory, {
      segments: { maxBytes: 2_000, maxAgeMs: 2 ** 30 },
    });
    for (let round = 0; round < 6; round += 1) await addRecords(log, 5);
    await stop(log);
    vi.mocked(readdir).mockClear();
    openings.mockClear();
    const folder = await LogFolder.list(directory);
    expect(folder.segments.length).toBeGreaterThan(3);
    const last = folder.segments.at(-1);
    if (last === undefined) throw new Error('the log has no segment');
    // The name of the log is asked for before its key is read.
    await folder.readableHeader(last);
    const { recovery } = await openLog(folder, {
      key: signer.verifierKey,
      everyRecords: 10_000,
      everyMs: 60_000,
      clock: systemClock,
    });
    expect(recovery).toBeUndefined();
    expect(readdir).toHaveBeenCalledTimes(1);
    const segments = openings.mock.calls
      .map(([path]) => path)
      .filter((path) => path.endsWith('.jsonl'));
    expect(segments).toEqual([last.path, last.path]);
  });
});

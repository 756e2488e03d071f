import { describe, expect, it, vi } from 'vitest';
import type { AuditLog } from '../../../../src/audit/log/audit-log.js';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { AuditTrail } from '../../../../src/audit/trail/audit-trail.js';
import { AuditTimeoutError, AuditUnavailableError } from '../../../../src/audit/trail/errors.js';
import type { RequestFields } from '../../../../src/audit/record/index.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { captureLog } from '../../../support/log-lines.js';
import { requestEntry } from '../../../support/request-entry.js';

/** A log whose disk a test can stop and fill. A real full disk is in the integration tests. */
function fakeLog() {
  const lines: Record<string, unknown>[] = [];
  let disk: 'works' | 'hangs' | 'is full' | 'syncs late' | 'fails to sync' = 'works';
  let waiting: (() => void)[] = [];
  let hangsSince = 0;
  const move = () => new Promise<void>((resolve) => waiting.push(resolve));
  const append = async (payload: string) => {
    if (disk === 'is full') throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    if (disk === 'hangs') await move();
    lines.push(JSON.parse(`{${payload}`) as Record<string, unknown>);
    return lines.length - 1;
  };
  const sync = async (sequence: number) => {
    if (disk === 'syncs late') await move();
    if (disk === 'fails to sync') throw Object.assign(new Error('input/output'), { code: 'EIO' });
    return sequence;
  };
  const log: Pick<
    AuditLog,
    'append' | 'appendInSteps' | 'takeReserve' | 'size' | 'isStuck' | 'close'
  > = {
    size: 0,
    isStuck: () =>
      Promise.resolve(disk === 'hangs' && systemClock.monotonic() - hangsSince > 1_000),
    takeReserve: () => Promise.resolve(),
    append,
    appendInSteps(payload) {
      let written: number | undefined;
      const durable = append(payload).then((sequence) => {
        written = sequence;
        return sync(sequence);
      });
      return {
        get written() {
          return written;
        },
        durable,
      };
    },
    close: () => Promise.resolve(),
  };
  return {
    log: log as AuditLog,
    lines,
    types: () => lines.map(({ type }) => type),
    set(state: typeof disk, sinceMs = 0) {
      disk = state;
      hangsSince = systemClock.monotonic() - sinceMs;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

function trailOn(
  disk: ReturnType<typeof fakeLog>,
  onAuditFailure: 'refuse' | 'serve' = 'refuse',
  lateSync: 'refuse' | 'answer' = 'refuse',
) {
  const { logger } = captureLog();
  const payloads = new Payloads('test', systemClock);
  const options = { log: disk.log, payloads, clock: systemClock, logger, onAuditFailure, lateSync };
  return new AuditTrail(options);
}

const inMs = (ms: number): Deadline => Deadline.after(systemClock, ms);
const keyOperation = (overrides: Partial<RequestFields> = {}) =>
  requestEntry({ operation: 'Encrypt', accessKeyId: 'A', kmsRequestId: '1', ...overrides });
const healthCheck = () => keyOperation({ operation: 'GetHealthStatus' });
const stranger = () =>
  requestEntry({
    status: 401,
    errorName: 'AuthenticationFailedException',
    accessKeyId: undefined,
  });

describe('a request', () => {
  it.each([
    ['with a credential that uses a key', keyOperation(), 'key-operation'],
    ['that asks for health', healthCheck(), 'health-check'],
    ['without a credential', stranger(), 'unauthenticated'],
    [
      'with a credential that was only claimed',
      keyOperation({ authenticationFailure: 'skew', status: 401 }),
      'unauthenticated',
    ],
  ])('%s → its type of record', async (_title, record, type) => {
    const disk = fakeLog();
    await trailOn(disk).recordRequest(record, inMs(1_000));
    expect(disk.types()).toEqual([type]);
  });
});

describe('strangers', () => {
  it('are recorded one by one up to 100 a minute, and then counted', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    for (let index = 0; index < 130; index += 1) await trail.recordRequest(stranger(), inMs(1_000));
    expect(disk.lines).toHaveLength(100);
    await trail.close();
    expect(disk.lines.find(({ type }) => type === 'omitted')).toMatchObject({
      count: 30,
      byErrorName: { AuthenticationFailedException: 30 },
    });
  });
});

describe('a record that is not written by the deadline', () => {
  it('the answer is withheld, and a second record says so', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('hangs');
    await expect(trail.recordRequest(keyOperation(), inMs(20))).rejects.toThrow(AuditTimeoutError);
    expect(trail.isRefusing).toBe(false);
    disk.set('works');
    await expect.poll(disk.types).toEqual(['key-operation', 'abandoned']);
    expect(disk.lines[1]).toMatchObject({ record: 0, reason: 'deadline', kmsRequestId: '1' });
  });

  it('is served all the same where the operator wants that', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk, 'serve');
    disk.set('hangs');
    expect(await trail.recordRequest(keyOperation(), inMs(20))).toBeUndefined();
    disk.set('works');
    await expect.poll(disk.types).toEqual(['key-operation']);
  });

  it('is never waited for longer than the shortest deadline asks', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('hangs');
    const slow = trail.recordRequest(keyOperation(), inMs(60_000));
    await expect(trail.recordRequest(keyOperation(), inMs(10))).rejects.toThrow(AuditTimeoutError);
    disk.set('works');
    expect(await slow).toBe(0);
  });

  it('by a disk that stands still → requests are refused until it moves', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('hangs', 5_000);
    await expect(trail.recordRequest(keyOperation(), inMs(5))).rejects.toThrow(AuditTimeoutError);
    await expect.poll(() => trail.isRefusing).toBe(true);
    disk.set('works');
    await vi.waitFor(() => {
      expect(trail.isRefusing).toBe(false);
    }, 5_000);
    expect(disk.types()).toContain('gap');
  });
});

describe('a record that is written and not on the disk by the deadline', () => {
  it('the answer is withheld, unless the operator wants it', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('syncs late');
    await expect(trail.recordRequest(keyOperation(), inMs(20))).rejects.toThrow(AuditTimeoutError);
    disk.set('works');
    await expect.poll(disk.types).toEqual(['key-operation', 'abandoned']);
  });

  it('is answered where the operator wants that, and one record tells of how many', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk, 'refuse', 'answer');
    disk.set('syncs late');
    const answers = [1, 2, 3].map(() => trail.recordRequest(keyOperation(), inMs(20)));
    expect(await Promise.all(answers)).toEqual([0, 1, 2]);
    expect(trail.isInterrupted).toBe(false);
    disk.set('works');
    await expect.poll(disk.types).toContain('late-sync');
    expect(disk.lines.at(-1)).toMatchObject({ type: 'late-sync', answers: 3 });
    expect(disk.types()).not.toContain('abandoned');
  });

  it('and was not even written → the answer is withheld all the same', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk, 'refuse', 'answer');
    disk.set('hangs');
    await expect(trail.recordRequest(keyOperation(), inMs(20))).rejects.toThrow(AuditTimeoutError);
  });

  it('because the sync has failed → withheld, abandoned, and no more until it is there', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk, 'refuse', 'answer');
    disk.set('fails to sync');
    const withheld = trail.recordRequest(keyOperation(), inMs(1_000));
    await expect(withheld).rejects.toThrow(AuditUnavailableError);
    expect(trail.isRefusing).toBe(true);
    await expect.poll(disk.types).toEqual(['key-operation', 'abandoned']);
  });
});

describe('a full disk', () => {
  it('refuses key operations, answers health checks and strangers, and tells of it afterwards', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('is full');
    for (let index = 0; index < 3; index += 1) {
      await expect(trail.recordRequest(keyOperation(), inMs(1_000))).rejects.toThrow(
        AuditUnavailableError,
      );
    }
    expect(() => {
      trail.assertRecording();
    }).toThrow(AuditUnavailableError);
    expect(await trail.recordRequest(healthCheck(), inMs(1_000))).toBeUndefined();
    expect(await trail.recordRequest(stranger(), inMs(1_000))).toBeUndefined();
    expect(trail.isInterrupted).toBe(true);
    disk.set('works');
    await vi.waitFor(() => {
      expect(trail.isRefusing).toBe(false);
    }, 5_000);
    expect(disk.lines).toMatchObject([{ type: 'gap', reason: 'ENOSPC', refused: 5, served: 0 }]);
    expect(await trail.recordRequest(keyOperation(), inMs(1_000))).toBe(1);
  });

  it('serves and counts where the operator wants that', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk, 'serve');
    disk.set('is full');
    await trail.recordRequest(keyOperation(), inMs(1_000));
    await trail.recordRequest(keyOperation(), inMs(1_000));
    await trail.recordAct({ act: 'createKey', by: 'admin-socket', request: {}, result: 'success' });
    expect(trail.isRefusing).toBe(false);
    expect(() => {
      trail.assertRecording();
    }).not.toThrow();
    disk.set('works');
    await trail.close();
    expect(disk.lines[0]).toMatchObject({ type: 'gap', refused: 0, served: 3 });
  });

  it('an administrative act that could not be recorded → an error', async () => {
    const disk = fakeLog();
    const trail = trailOn(disk);
    disk.set('is full');
    const act = { act: 'createKey', by: 'admin-socket', request: {}, result: 'success' } as const;
    await expect(trail.recordAct(act)).rejects.toThrow(AuditUnavailableError);
  });
});

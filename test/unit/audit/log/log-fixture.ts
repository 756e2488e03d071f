import { generateKeyPairSync } from 'node:crypto';
import { AuditLog } from '../../../../src/audit/log/audit-log.js';
import type { AuditLogPorts } from '../../../../src/audit/log/log-ports.js';
import { openLog, type OpenLogPorts } from '../../../../src/audit/log/open-log.js';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { noteSigner } from '../../../../src/transparency-log/signed-note.js';

/** Signs the logs of tests. */
export const signer = noteSigner('log.example/test', generateKeyPairSync('ed25519').privateKey);

/** Payloads of a replica called `test`. */
export const payloads = new Payloads('test', systemClock);

/** A log that was opened, and what it told. */
export interface OpenedTestLog {
  readonly log: AuditLog;
  readonly recovery: Awaited<ReturnType<typeof openLog>>['recovery'];
  readonly notes: string[];
  readonly failures: unknown[];
}

/** Opens a log in a folder, with limits that no test reaches by chance. */
export async function openTestLog(
  directory: string,
  overrides: Partial<AuditLogPorts & Pick<OpenLogPorts, 'acceptUnsignedTail'>> = {},
): Promise<OpenedTestLog> {
  const { durability = 'written', signer: by = signer, acceptUnsignedTail } = overrides;
  const checkpoints = overrides.checkpoints ?? { everyRecords: 10_000, everyMs: 2 ** 30 };
  const notes: string[] = [];
  const failures: unknown[] = [];
  const { position, recovery } = await openLog(await LogFolder.list(directory), {
    key: by.verifierKey,
    ...checkpoints,
    acceptUnsignedTail,
    clock: systemClock,
  });
  const log = new AuditLog(
    {
      directory,
      durability,
      signer: by,
      payloads,
      clock: systemClock,
      segments: { maxBytes: 2 ** 26, maxAgeMs: 2 ** 30 },
      checkpoints,
      listener: {
        committed: () => undefined,
        checkpoint: (note) => notes.push(note),
        failed: (error) => failures.push(error),
        inDoubt: (error) => failures.push(error),
        full: (error) => failures.push(error),
      },
      ...overrides,
    },
    position,
  );
  return { log, recovery, notes, failures };
}

/** Adds so many records that say their number, side by side. */
export function addRecords(log: AuditLog, count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      log.append(payloads.of('administrative-act', act(index))),
    ),
  );
}

/** Closes a log as a server does. */
export async function stop(log: AuditLog): Promise<void> {
  await log.append(payloads.of('stop', {}));
  await log.close();
}

function act(index: number) {
  const request = { externalKeyId: `key-${String(index)}`, note: 'Zürich \u202e' };
  return { act: 'createKey', by: 'admin-socket', request, result: 'success' } as const;
}

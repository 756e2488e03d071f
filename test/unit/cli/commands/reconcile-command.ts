import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  atNoon,
  decryptEvent,
  decryptRecord,
  logFile,
  otherEvent,
  wholeDay,
  writeInput,
  writeLog,
} from '../../evidence/reconciliation/fixtures.js';

/** The records of a log, and the events of CloudTrail. */
export interface Input {
  readonly events: readonly Record<string, unknown>[];
  readonly records: readonly Record<string, unknown>[];
}

/** Runs the command on a log and a delivered file, after the day on which all happened. */
export async function reconcile(
  { events, records }: Input,
  ...options: string[]
): Promise<{ exitCode: number; terminal: CapturedTerminal }> {
  const folder = temporaryFolder();
  const name = 'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/01/trail.json.gz';
  const early = otherEvent({ eventTime: '2026-03-01T01:00:00Z' });
  writeInput(folder, name, gzipSync(logFile(early, ...events, otherEvent())));
  const log = writeLog(join(folder, 'audit'), wholeDay(...records));
  const terminal = new CapturedTerminal();
  const inputs = ['--cloudtrail', join(folder, 'AWSLogs'), '--log', log];
  const exitCode = await run(['audit', 'reconcile', ...inputs, ...options], terminal);
  return { exitCode, terminal };
}

/** One call, known to both. */
export const matching = { events: [decryptEvent()], records: [decryptRecord()] };
/** A call that CloudTrail does not know. */
export const forged = decryptRecord({
  kmsRequestId: 'forged',
  time: atNoon(60_000),
  clientAddress: '203.0.113.9',
});

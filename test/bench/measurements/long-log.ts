import { generateKeyPairSync } from 'node:crypto';
import { AuditLog } from '../../../src/audit/log/audit-log.js';
import { EMPTY_LOG } from '../../../src/audit/log/encode-lines.js';
import { Payloads } from '../../../src/audit/log/payloads.js';
import { splitLines } from '../../../src/audit/read/line-chunks.js';
import { LogFolder } from '../../../src/audit/read/log-folder.js';
import { systemClock } from '../../../src/shared/clock.js';
import { formatVerifierKey, noteSigner } from '../../../src/transparency-log/signed-note.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** Appended at once: about a megabyte, the most that the log writes at once. */
const BATCH = 1000;
/** Of the records to repeat. */
const SAMPLES = 10_000;
const OPERATION = '"type":"key-operation"';
/** What the log itself writes into a line, before the part that is repeated. */
const PLACE = /^\{"schema":1,"sequence":\d+,(?:"previous":"[^"]+",)?/;

/**
 * Writes a log with the server's own code and its default settings, out of the key operations of
 * another one, again and again.
 *
 * @param from folder of a log
 * @param to an empty folder
 * @returns the verifier key
 */
export async function writeLongLog(from: string, to: string, records: number): Promise<string> {
  const operations = await payloadsOf(from);
  const signer = noteSigner('bench.example/audit', generateKeyPairSync('ed25519').privateKey);
  const log = new AuditLog(
    {
      directory: to,
      durability: 'written',
      segments: { maxBytes: 64 * MIB, maxAgeMs: DAY_MS },
      checkpoints: { everyRecords: 10_000, everyMs: 60_000 },
      signer,
      payloads: new Payloads('bench', systemClock),
      clock: systemClock,
      listener: {
        committed: () => undefined,
        checkpoint: () => undefined,
        failed: fail,
        inDoubt: fail,
        full: fail,
      },
    },
    { state: EMPTY_LOG, segment: undefined, segmentBegunAt: systemClock.now(), signedSize: 0 },
  );
  for (let at = 0; log.size < records; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => operations[(at + i) % operations.length]);
    await Promise.all(batch.map((payload) => log.append(payload ?? '')));
  }
  await log.close();
  return formatVerifierKey(signer.verifierKey);
}

async function payloadsOf(directory: string): Promise<string[]> {
  const payloads: string[] = [];
  const folder = await LogFolder.list(directory);
  for (const segment of folder.segments) {
    for await (const { bytes } of folder.lines(segment)) {
      for (const line of splitLines(bytes)) {
        if (line.includes(OPERATION)) payloads.push(line.toString('latin1').replace(PLACE, ''));
        if (payloads.length === SAMPLES) return payloads;
      }
    }
  }
  if (payloads.length === 0) throw new Error(`there is no key operation in ${directory}`);
  return payloads;
}

function fail(error: unknown): void {
  throw error;
}

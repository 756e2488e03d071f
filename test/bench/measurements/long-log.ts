import { generateKeyPairSync } from 'node:crypto';
import type { AuditConfig } from '../../../src/audit/config.js';
import { AuditLog } from '../../../src/audit/log/audit-log.js';
import { EMPTY_LOG } from '../../../src/audit/log/encode-lines.js';
import type { LogListener } from '../../../src/audit/log/log-ports.js';
import { Payloads } from '../../../src/audit/log/payloads.js';
import { splitLines } from '../../../src/audit/read/line-chunks.js';
import { LogFolder } from '../../../src/audit/read/log-folder.js';
import type { FieldsOf } from '../../../src/audit/record/index.js';
import { openAuditLog } from '../../../src/audit/trail/open-audit-log.js';
import { systemClock } from '../../../src/shared/clock.js';
import { formatVerifierKey, noteSigner } from '../../../src/transparency-log/signed-note.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** Appended at once: about a megabyte, the most that the log writes at once. */
const BATCH = 1000;
/** Of the records to repeat. */
const SAMPLES = 10_000;
const OPERATION = '"type":"key-operation"';
const LISTENER: LogListener = {
  committed: () => undefined,
  checkpoint: () => undefined,
  failed: fail,
  inDoubt: fail,
  full: fail,
};
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
      listener: LISTENER,
    },
    { state: EMPTY_LOG, segment: undefined, segmentBegunAt: systemClock.now(), signedSize: 0 },
  );
  while (log.size < records) await appendBatch(log, operations);
  await log.close();
  return formatVerifierKey(signer.verifierKey);
}

/**
 * Goes on with a log of a server that has ended, with the server's own code and key, out of the key
 * operations that are in it.
 *
 * @param bytes about as many are added
 * @param destroyed keys that were destroyed, by the records of the log
 */
export async function lengthenLog(
  config: AuditConfig,
  bytes: number,
  destroyed: number,
): Promise<void> {
  const operations = await payloadsOf(config.directory);
  const payloads = new Payloads('bench', systemClock);
  const { log } = await openAuditLog(config, payloads, { clock: systemClock, listener: LISTENER });
  const batchBytes = (operations.join('').length / operations.length) * BATCH;
  const batches = Math.ceil(bytes / batchBytes);
  for (let batch = 0; batch < batches; batch += 1) {
    await appendBatch(log, operations);
    const share = (done: number) => Math.round((done / batches) * destroyed);
    for (let key = share(batch); key < share(batch + 1); key += 1) {
      await log.append(payloads.of('event', destructionOf(key)));
    }
  }
  await log.close();
}

function destructionOf(key: number): FieldsOf<'event'> {
  return {
    event: 'key-destroyed',
    severity: 'warning',
    keyManager: 'trial',
    externalKeyId: `gone-${String(key)}`,
    extent: 'key',
    materialNames: [],
  };
}

async function appendBatch(log: AuditLog, operations: readonly string[]): Promise<void> {
  const from = log.size;
  const batch = Array.from({ length: BATCH }, (_, i) => operations[(from + i) % operations.length]);
  await Promise.all(batch.map((payload) => log.append(payload ?? '')));
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

import { randomFillSync } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const MEMBER_BYTES = 256 * 1024;
/** The newest segments wait for their compression. */
const PLAIN_SEGMENTS = 3;
const RANDOM_POOL_BYTES = 1 << 20;
const MEAN_INTERVAL_MS = 5;
/** Nobody waits for the result, and the disk is the same. */
const LEVEL = 1;

const compress = promisify(gzip);

/** A log that was made. */
export interface SyntheticLog {
  readonly records: number;
  readonly segments: number;
  readonly bytesOnDisk: number;
  /** Request ids of records all over the log. */
  readonly requestIds: readonly string[];
  /** Time of the first record and of the last, in ms since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Writes a log as a server would have: about 945 bytes a record, segments of 64 MiB, all but the last
 * few compressed. The chain of hashes is not right: nothing here verifies it.
 */
export async function writeSyntheticLog(folder: string, records: number): Promise<SyntheticLog> {
  await mkdir(folder, { recursive: true });
  const maker = new RecordMaker();
  const requestIds: string[] = [];
  const every = Math.max(1, Math.floor(records / 20));
  const firstMs = maker.timeMs;
  const total = Math.ceil((records * 945) / SEGMENT_BYTES);
  let segments = 0;
  let bytesOnDisk = 0;
  while (maker.sequence < records) {
    const lines: string[] = [];
    const first = maker.sequence;
    for (let bytes = 0; bytes < SEGMENT_BYTES && maker.sequence < records; ) {
      const { line, requestId } = maker.next();
      if (maker.sequence % every === every >> 1) requestIds.push(requestId);
      lines.push(line);
      bytes += line.length;
    }
    const compressed = segments < total - PLAIN_SEGMENTS;
    bytesOnDisk += await writeSegment(folder, first, lines, compressed);
    segments += 1;
  }
  return { records, segments, bytesOnDisk, requestIds, firstMs, lastMs: maker.timeMs };
}

async function writeSegment(
  folder: string,
  first: number,
  lines: readonly string[],
  compressed: boolean,
): Promise<number> {
  const path = join(folder, `${String(first).padStart(12, '0')}.jsonl`);
  if (!compressed) {
    const text = lines.join('');
    await writeFile(path, text, 'latin1');
    return text.length;
  }
  const file = await open(`${path}.gz`, 'w');
  let written = 0;
  for (let at = 0; at < lines.length; ) {
    const start = at;
    for (let bytes = 0; bytes < MEMBER_BYTES && at < lines.length; at += 1) {
      bytes += lines[at]?.length ?? 0;
    }
    const member = await compress(lines.slice(start, at).join(''), { level: LEVEL });
    await file.write(member);
    written += member.length;
  }
  await file.close();
  return written;
}

/** Makes records one after the other: 200 keys, 400 principals, three nodes, one failure in 500. */
class RecordMaker {
  sequence = 0;
  timeMs = Date.UTC(2026, 0, 1);
  readonly #pool = Buffer.alloc(RANDOM_POOL_BYTES);
  #poolAt = RANDOM_POOL_BYTES;

  next(): { readonly line: string; readonly requestId: string } {
    const requestId = this.#uuid();
    const failed = this.#below(500) === 0;
    const key = this.#below(200);
    const principal = this.#below(400);
    const location = ['Frankfurt', 'Berlin', 'Munich'][this.#below(3)];
    const encrypt = this.#below(4) === 0;
    this.timeMs += this.#below(2 * MEAN_INTERVAL_MS + 1);
    const record = {
      schema: 1,
      sequence: this.sequence,
      previous: this.#hash(),
      time: new Date(this.timeMs).toISOString(),
      replica: 'proxy-1',
      type: 'key-operation',
      kmsRequestId: requestId,
      operation: encrypt ? 'Encrypt' : 'Decrypt',
      kmsOperation: encrypt ? 'GenerateDataKey' : 'Decrypt',
      keyStore: 'production',
      externalKeyId: `key-${key}`,
      keyVersion: 1,
      kmsKeyArn: `arn:aws:kms:eu-central-1:111122223333:key/0d4b7c1a-2f0e-4d35-9c1e-${String(key).padStart(12, '0')}`,
      awsAccount: '111122223333',
      awsRegion: 'eu-central-1',
      awsPrincipalArn: `arn:aws:iam::111122223333:role/service-${principal}`,
      accessKeyId: 'BETWEENTWENTYANDTHIRTY',
      clientAddress: `10.0.${this.#below(4)}.${this.#below(250)}`,
      authorization: { decision: 'allowed', by: 'exposes' },
      keyManager: 'hsm',
      ...(failed ? {} : { node: 'hsm-a', location }),
      nodesTried: [{ node: 'hsm-a', location, ...(failed ? { failure: 'unreachable' } : {}) }],
      result: failed ? 'failure' : 'success',
      status: failed ? 400 : 200,
      ...(failed ? { errorName: 'DependencyTimeoutException' } : {}),
      durationUs: 300 + this.#below(4000),
      aadSha256: this.#hash(),
      ciphertextSha256: this.#hash(),
    };
    this.sequence += 1;
    return { line: `${JSON.stringify(record)}\n`, requestId };
  }

  #below(limit: number): number {
    return this.#random(4).readUInt32LE() % limit;
  }

  #hash(): string {
    return this.#random(32).toString('base64');
  }

  #uuid(): string {
    const hex = this.#random(16).toString('hex');
    return [0, 8, 12, 16, 20, 32]
      .map((end, at, ends) => hex.slice(ends[at - 1] ?? 0, end))
      .slice(1)
      .join('-');
  }

  #random(bytes: number): Buffer {
    if (this.#poolAt + bytes > this.#pool.length) {
      randomFillSync(this.#pool);
      this.#poolAt = 0;
    }
    this.#poolAt += bytes;
    return this.#pool.subarray(this.#poolAt - bytes, this.#poolAt);
  }
}

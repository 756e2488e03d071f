import { generateKeyPairSync, randomFillSync } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SegmentTimes } from '../../src/audit/read/segment-times.js';
import { signCheckpoint } from '../../src/transparency-log/checkpoint.js';
import { MerkleFrontier } from '../../src/transparency-log/frontier.js';
import { leafHash } from '../../src/transparency-log/hashes.js';
import { formatVerifierKey, noteSigner } from '../../src/transparency-log/signed-note.js';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const MEMBER_BYTES = 256 * 1024;
/** The newest segments wait for their compression. */
const PLAIN_SEGMENTS = 3;
const RANDOM_POOL_BYTES = 1 << 20;
const MEAN_INTERVAL_MS = 5;
/** Nobody waits for the result, and the disk is the same. */
const LEVEL = 1;
const ORIGIN = 'log.example/synthetic';

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
  /** Verifier key of the checkpoints, of which there is one at the end of each segment. */
  readonly publicKey: string;
}

/** How many different values there are in a log. */
export interface SyntheticValues {
  readonly keys: number;
  readonly principals: number;
}

/**
 * Writes a log as a server would have: about 945 bytes a record, segments of 64 MiB, all but the
 * last few compressed, chained and signed.
 */
export async function writeSyntheticLog(
  folder: string,
  records: number,
  values: SyntheticValues = { keys: 200, principals: 400 },
): Promise<SyntheticLog> {
  await mkdir(folder, { recursive: true });
  const signer = noteSigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);
  const publicKey = formatVerifierKey(signer.verifierKey);
  const maker = new RecordMaker(publicKey, values);
  const requestIds: string[] = [];
  const every = Math.max(1, Math.floor(records / 20));
  const firstMs = maker.timeMs;
  const total = Math.ceil((records * 945) / SEGMENT_BYTES);
  let segments = 0;
  let bytesOnDisk = 0;
  while (maker.sequence < records) {
    const first = maker.sequence;
    const lines = [maker.segment()];
    for (let bytes = 0; bytes < SEGMENT_BYTES && maker.sequence < records; ) {
      const { line, requestId } = maker.next();
      if (maker.sequence % every === every >> 1) requestIds.push(requestId);
      lines.push(line);
      bytes += line.length;
    }
    const compressed = segments < total - PLAIN_SEGMENTS;
    bytesOnDisk += await writeSegment(folder, first, lines, compressed);
    const checkpoint = { origin: ORIGIN, size: maker.sequence, root: maker.tree.root() };
    await writeFile(
      join(folder, `${String(first).padStart(12, '0')}.checkpoints`),
      signCheckpoint(checkpoint, signer),
    );
    segments += 1;
  }
  const lastMs = maker.timeMs;
  return { records, segments, bytesOnDisk, requestIds, firstMs, lastMs, publicKey };
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

/** Makes records one after the other: three nodes, one failure in 500. */
class RecordMaker {
  readonly tree = MerkleFrontier.empty();
  timeMs = Date.UTC(2026, 0, 1);
  readonly #publicKey: string;
  readonly #values: SyntheticValues;
  #previous: string | undefined;
  readonly #pool = Buffer.alloc(RANDOM_POOL_BYTES);
  #poolAt = RANDOM_POOL_BYTES;
  /** Of the segment that is being made. */
  #times: SegmentTimes | undefined;

  constructor(publicKey: string, values: SyntheticValues) {
    this.#publicKey = publicKey;
    this.#values = values;
  }

  /** Number of the next record. */
  get sequence(): number {
    return this.tree.size;
  }

  /** The record that begins a segment. */
  segment(): string {
    const segmentBefore = this.#times?.told;
    this.#times = new SegmentTimes(this.sequence);
    return this.#line({
      type: 'segment',
      origin: ORIGIN,
      publicKey: this.#publicKey,
      frontier: [...this.tree.roots],
      segmentBefore,
    });
  }

  next(): { readonly line: string; readonly requestId: string } {
    const requestId = this.#uuid();
    const failed = this.#below(500) === 0;
    const key = this.#below(this.#values.keys);
    const principal = this.#below(this.#values.principals);
    const location = ['Frankfurt', 'Berlin', 'Munich'][this.#below(3)];
    const encrypt = this.#below(4) === 0;
    this.timeMs += this.#below(2 * MEAN_INTERVAL_MS + 1);
    const line = this.#line({
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
    });
    return { line, requestId };
  }

  #line(fields: object): string {
    const line = JSON.stringify({
      schema: 1,
      sequence: this.sequence,
      previous: this.#previous,
      time: new Date(this.timeMs).toISOString(),
      replica: 'proxy-1',
      ...fields,
    });
    const bytes = Buffer.from(line);
    this.#times?.add(bytes);
    this.#previous = leafHash(bytes);
    this.tree.append(this.#previous);
    return `${line}\n`;
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

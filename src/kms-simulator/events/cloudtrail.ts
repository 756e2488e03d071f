import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeFileAtomically } from '../../durable/atomic-write.js';
import type { Clock } from '../../shared/clock.js';
import { errnoOf } from '../../shared/errno.js';
import type { Call } from '../call.js';
import { cloudTrailEvents } from './cloudtrail-event.js';
import type { CallListener, Outcome } from './finished-call.js';

/** The place and the rhythm of CloudTrail's deliveries. */
export interface CloudTrailConfig {
  /** Folder that stands in for the bucket. */
  readonly bucket: string;
  /** Folder for what is not yet delivered. */
  readonly spool: string;
  readonly region: string;
  /** CloudTrail itself takes about five minutes. */
  readonly deliverEveryMs: number;
}

/** The parts that CloudTrail is made of. */
export interface CloudTrailPorts extends CloudTrailConfig {
  readonly clock: Clock;
  /** Is told of a delivery that failed; the events wait for the next one. */
  readonly onError: (error: unknown) => void;
}

const WRITE_EVERY_MS = 200;
const NAME_BYTES = 8;
const compress = promisify(gzip);

/**
 * CloudTrail: events of all calls, in files as it delivers them to a bucket. What is not delivered
 * is kept in a file an account, so that the end of the process loses a fraction of a second.
 *
 * @see AWS CloudTrail User Guide, "Finding your CloudTrail log files"
 */
export class CloudTrail implements CallListener {
  readonly #ports: CloudTrailPorts;
  readonly #lines = new Map<string, string[]>();
  readonly #timers: readonly NodeJS.Timeout[];
  #work: Promise<void> = Promise.resolve();

  constructor(ports: CloudTrailPorts) {
    this.#ports = ports;
    this.#timers = [
      setInterval(() => void this.#inTurn(() => this.#writeLines()), WRITE_EVERY_MS).unref(),
      setInterval(() => void this.deliver(), ports.deliverEveryMs).unref(),
    ];
  }

  finished(call: Call, outcome: Outcome): void {
    const { clock, region } = this.#ports;
    for (const { account, event } of cloudTrailEvents(call, outcome, { at: clock.now(), region })) {
      const lines = this.#lines.get(account) ?? [];
      lines.push(JSON.stringify(event));
      this.#lines.set(account, lines);
    }
  }

  /** Delivers what there is, now. */
  async deliver(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#writeLines();
      for (const account of await this.#spooled()) await this.#deliver(account);
    });
  }

  /** Delivers what there is, and ends. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.deliver();
  }

  /** One after the other, so that no event is delivered twice or between two files. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch(this.#ports.onError);
    await this.#work;
  }

  async #writeLines(): Promise<void> {
    for (const [account, lines] of this.#lines) {
      if (lines.length === 0) continue;
      const taken = lines.splice(0);
      try {
        await mkdir(this.#ports.spool, { recursive: true, mode: 0o700 });
        await appendFile(this.#spoolOf(account), `${taken.join('\n')}\n`, { mode: 0o600 });
      } catch (error) {
        lines.unshift(...taken);
        throw error;
      }
    }
  }

  async #deliver(account: string): Promise<void> {
    const { bucket, region, clock } = this.#ports;
    const lines = await readFile(this.#spoolOf(account), 'utf8');
    // A line that the end of the process cut off has no end.
    const whole = lines
      .slice(0, lines.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
    if (whole.length > 0) {
      const path = deliveryPath({ account, region, at: clock.now() });
      await mkdir(join(bucket, ...path.folders), { recursive: true, mode: 0o700 });
      const document = await compress(`{"Records":[${whole.join(',')}]}`);
      await writeFileAtomically(join(bucket, ...path.folders, path.name), document);
    }
    await rm(this.#spoolOf(account));
  }

  async #spooled(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#ports.spool);
      return names.map((name) => name.replace(/\.jsonl$/, ''));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #spoolOf(account: string): string {
    return join(this.#ports.spool, `${account}.jsonl`);
  }
}

/** The path of a log file in its bucket, as CloudTrail names it. */
function deliveryPath({
  account,
  region,
  at,
}: {
  readonly account: string;
  readonly region: string;
  readonly at: number;
}): { readonly folders: readonly string[]; readonly name: string } {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const minute = `${date.replaceAll('-', '')}T${time.slice(0, 5).replace(':', '')}Z`;
  const unique = randomBytes(NAME_BYTES).toString('hex');
  return {
    folders: ['AWSLogs', account, 'CloudTrail', region, ...date.split('-')],
    name: `${account}_CloudTrail_${region}_${minute}_${unique}.json.gz`,
  };
}

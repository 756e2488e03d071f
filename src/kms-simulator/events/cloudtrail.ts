import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeFileAtomically } from '../../durable/atomic-write.js';
import type { Clock } from '../../shared/clock.js';
import { isErrno } from '../../shared/errno.js';
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

const NAME_BYTES = 8;
const compress = promisify(gzip);

/**
 * CloudTrail: events of all calls, in files as it delivers them to a bucket. An event is in a file
 * of its account before the caller has its answer, so that the end of the process loses none.
 *
 * @see AWS CloudTrail User Guide, "Finding your CloudTrail log files"
 */
export class CloudTrail implements CallListener {
  readonly #ports: CloudTrailPorts;
  /** Descriptors by account. */
  readonly #open = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void> = Promise.resolve();

  constructor(ports: CloudTrailPorts) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.deliver(), ports.deliverEveryMs).unref();
  }

  finished(call: Call, outcome: Outcome): void {
    const { clock, region, onError } = this.#ports;
    try {
      const events = cloudTrailEvents(call, outcome, { at: clock.now(), region });
      for (const { account, event } of events) {
        // The cache of the operating system takes it, and outlives this process.
        appendFileSync(this.#fileOf(account), `${JSON.stringify(event)}\n`);
      }
    } catch (error) {
      onError(error);
    }
  }

  /** Delivers what there is, now. A failure is told to the port, and tried again the next time. */
  async deliver(): Promise<void> {
    // One after the other, so that no event is delivered twice.
    this.#work = this.#work.then(() => this.#deliverAll()).catch(this.#ports.onError);
    await this.#work;
  }

  /** Delivers what there is, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.deliver();
  }

  async #deliverAll(): Promise<void> {
    for (const name of this.#closed()) await this.#deliver(name);
  }

  /** Closes the files of the spool, at once, so that none of them is written to any more. */
  #closed(): readonly string[] {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
    try {
      return readdirSync(this.#ports.spool);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  async #deliver(name: string): Promise<void> {
    const { bucket, spool, region, clock } = this.#ports;
    const [account = ''] = name.split('.');
    const lines = await readFile(join(spool, name), 'utf8');
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
    await rm(join(spool, name));
  }

  /** A file of a new name after each delivery, so that nothing is written to one that leaves. */
  #fileOf(account: string): number {
    const { spool } = this.#ports;
    let file = this.#open.get(account);
    if (file === undefined) {
      mkdirSync(spool, { recursive: true, mode: 0o700 });
      const name = `${account}.${randomBytes(NAME_BYTES).toString('hex')}.jsonl`;
      file = openSync(join(spool, name), 'ax', 0o600);
      this.#open.set(account, file);
    }
    return file;
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

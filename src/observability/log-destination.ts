import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../shared/errno.js';
import { systemClock } from '../shared/clock.js';
import { FirstPerMinute } from '../shared/first-per-minute.js';
import { Backlog } from './backlog.js';
import { NO_ROOM_PAUSE_MS, type OutputFile, outputFile, writeWithin } from './output-file.js';
import { tell } from './standard-error.js';
import { messageOf } from '../shared/reason-of.js';
import { counted } from '../shared/counted.js';

/** The destination of log lines. */
export interface LogDestination {
  write(line: string): void;
}

const FLUSH_INTERVAL_MS = 100;
const BUFFER_BYTES = 64 * 1024;
const FLUSH_AT_BYTES = 32 * 1024;
/** UTF-8 takes at most so many for one UTF-16 code unit. */
const BYTES_A_CHARACTER = 3;
/** Lines beyond this are dropped while the reader of the log is stuck: the process must go on. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
/** Time for the last lines, all ends together. */
const LAST_WORDS_MS = 1_000;
const FAILURE_PAUSE_MS = 100;

/**
 * Gathers lines and writes them together, off the request's way: every 100 ms, when 32 KiB are
 * there, and when the process ends. A line is copied at once, because kept as a string it would
 * occupy the garbage collector until then. Whoever reads the log, or does not, holds up nothing:
 * not a request, and not the end of the process by more than a second.
 */
export class BufferedDestination implements LogDestination {
  readonly #file: OutputFile;
  readonly #backlog = new Backlog(MAX_BACKLOG_BYTES);
  readonly #gathered = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #failures: FirstPerMinute;
  #gatheredBytes = 0;
  /** The chunk that is being written in the background. */
  #underWay: Buffer | undefined;
  /** True from a write that failed to the next one that did not. */
  #isFailing = false;
  #retry: NodeJS.Timeout | undefined;
  #patienceMs = LAST_WORDS_MS;
  #hasEnded = false;

  /** @param fileDescriptor 1 is standard output */
  constructor(fileDescriptor: number) {
    this.#file = outputFile(fileDescriptor);
    this.#failures = new FirstPerMinute(
      () => new Date(systemClock.now()).toISOString(),
      ({ count }) => {
        tell(
          `The log could not be written ${counted(count, 'more time', 'more times')} in a minute.\n`,
        );
      },
      { told: 1, ofEachKind: true },
    );
    setInterval(() => {
      this.#handOver();
    }, FLUSH_INTERVAL_MS).unref();
    process.on('exit', () => {
      this.#end();
    });
  }

  write(line: string): void {
    const atMost = BYTES_A_CHARACTER * line.length;
    if (this.#gatheredBytes + atMost > BUFFER_BYTES) this.#handOver();
    if (atMost > BUFFER_BYTES) {
      this.#backlog.add(Buffer.from(line));
      this.#writeOn();
      return;
    }
    this.#gatheredBytes += this.#gathered.write(line, this.#gatheredBytes);
    if (this.#gatheredBytes >= FLUSH_AT_BYTES) this.#handOver();
  }

  /** Writes what is there before it returns, or what can be written within a second. */
  flushSync(): void {
    this.#gather();
    const startedAt = performance.now();
    let rest: Buffer | undefined;
    do {
      rest = this.#backlog.take();
      if (rest === undefined) break;
      rest = writeWithin(this.#file, rest, this.#patienceMs - (performance.now() - startedAt));
      this.#backlog.putBack(rest);
    } while (rest.length === 0);
    this.#patienceMs -= performance.now() - startedAt;
  }

  /** Ends the log: writes what can be written within a second, and says what is lost. */
  async end(): Promise<void> {
    const giveUpAt = performance.now() + this.#patienceMs;
    do {
      this.#handOver();
      if (this.#underWay === undefined && this.#retry === undefined) break;
      await sleep(NO_ROOM_PAUSE_MS);
    } while (performance.now() < giveUpAt);
    this.#patienceMs = 0;
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.flushSync();
    this.#failures.endMinute();
    // A write that is under way is believed to reach a disk that works, though nobody hears of it.
    if (this.#underWay !== undefined && (this.#isFailing || this.#patienceMs <= 0)) {
      this.#backlog.putBack(this.#underWay);
    }
    this.#backlog.giveUp();
    const { lines, bytes } = this.#backlog.lost;
    if (bytes === 0) return;
    tell(
      `The log could not be written, and lost ${counted(lines, 'line')} (${counted(bytes, 'byte')}).\n`,
    );
  }

  #gather(): void {
    if (this.#gatheredBytes === 0) return;
    this.#backlog.add(Buffer.from(this.#gathered.subarray(0, this.#gatheredBytes)));
    this.#gatheredBytes = 0;
  }

  #handOver(): void {
    this.#gather();
    if (this.#underWay === undefined && this.#retry === undefined) this.#writeOn();
  }

  #writeOn(): void {
    const chunk = this.#backlog.take();
    if (chunk === undefined) return;
    if (this.#file.neverWaits) this.#writeNow(chunk);
    else void this.#writeInBackground(chunk);
  }

  #writeNow(chunk: Buffer): void {
    try {
      this.#backlog.putBack(chunk.subarray(this.#file.writeSync(chunk)));
      this.#isFailing = false;
    } catch (error) {
      this.#putOff(chunk, error);
      return;
    }
    this.#writeOn();
  }

  async #writeInBackground(chunk: Buffer): Promise<void> {
    this.#underWay = chunk;
    try {
      const written = await this.#file.write(chunk);
      if (this.#hasEnded) return; // What was left then is counted.
      this.#backlog.putBack(chunk.subarray(written));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#hasEnded) this.#putOff(chunk, error);
      return;
    } finally {
      this.#underWay = undefined;
    }
    this.#writeOn();
  }

  /** A disk that is full, or a reader that is away, must not stop the service. */
  #putOff(chunk: Buffer, error: unknown): void {
    this.#backlog.putBack(chunk);
    this.#isFailing = true;
    const hasNoRoom = isErrno(error, 'EAGAIN');
    if (!hasNoRoom) this.#tellOf(error);
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#writeOn();
      },
      hasNoRoom ? NO_ROOM_PAUSE_MS : FAILURE_PAUSE_MS,
    ).unref();
  }

  #tellOf(error: unknown): void {
    const failure = messageOf(error);
    if (this.#failures.isTold(failure)) tell(`The log cannot be written: ${failure}\n`);
  }
}

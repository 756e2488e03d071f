import { spawn, type ChildProcess as NodeChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { afterReading } from '../../../shared/after-reading.js';
import type { Clock } from '../../../shared/clock.js';
import type { Deadline } from '../../../shared/deadline.js';
import { UNREACHABLE_DEBUGGER } from '../../../shared/unreachable-debugger.js';
import { KeyManagerError } from '../../backend.js';
import {
  CIPHER_OPERATIONS,
  decodeReply,
  encodeRequest,
  machineTimeMs,
  type Operation,
  OPERATIONS,
  STATUS,
} from '../wire/envelope.js';
import { FrameReader } from '../wire/frames.js';
import { replySchemas } from '../wire/messages.js';
import { ChildFailure } from './child-failure.js';
import { Outstanding } from './outstanding.js';

/** How often deadlines are looked at: a timer for all requests costs less than one for each. */
const SWEEP_MS = 5;
const MAX_OUTSTANDING = 64;
/** With a token that answers this fast, a second process is used only from {@link CROWDED} on. */
const QUICK_TURN_MS = 1;
const CROWDED = 16;
const CLOSE_BUDGET_MS = 2_000;

/** Program, environment and clock of a child. */
export interface ChildPorts {
  /** Path of the child's program, JavaScript. */
  readonly program: string;
  /** All the variables that it is to see. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** One request to a child. */
export interface ChildRequest {
  readonly operation: Operation;
  /** In parts. */
  readonly body: readonly Buffer[];
  readonly deadline: Deadline;
  /** Time after which a native call counts as hung and the child is killed. */
  readonly stallMs: number;
}

/**
 * A process that has loaded the vendor's library. It answers the requests of one pipe in their
 * order. When a request takes too long, the process is killed: a native call cannot be interrupted.
 */
export class ChildProcess {
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  readonly #process: NodeChildProcess;
  readonly #channel: Socket;
  readonly #clock: Clock;
  readonly #reader = new FrameReader();
  readonly #outstanding = new Outstanding();
  #outgoing: Buffer[] = [];
  #isSweeping = false;
  #reason: string | undefined;
  #lastId = 0;

  constructor({ program, environment, clock }: ChildPorts) {
    this.#clock = clock;
    this.#process = spawn(process.execPath, [...UNREACHABLE_DEBUGGER, program], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        resolve(this.#end(how));
      };
      this.#process.once('error', (error) => {
        end(`it cannot be started: ${error.message}`);
      });
      this.#process.once('exit', (code, signal) => {
        end(`it ended by ${signal ?? `exit code ${String(code)}`}`);
      });
    });
    this.#channel = channelOf(this.#process);
    this.#channel.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    this.#channel.on('error', (error) => {
      this.kill(`its pipe failed: ${error.message}`);
    });
  }

  /** Requests that have not been answered yet. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** Tells whether one more request would be answered without a noticeable wait. */
  hasRoom(): boolean {
    const { size } = this.#outstanding;
    if (size === 0) return true;
    const now = this.#clock.monotonic();
    return size < CROWDED && this.#outstanding.takesLessThan(QUICK_TURN_MS, now);
  }

  /** True when it has ended or is about to. */
  get isGone(): boolean {
    return this.#reason !== undefined;
  }

  /** Process id; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Sends a request and waits for the reply until the deadline.
   *
   * @returns the body of the reply
   * @throws ChildFailure; KeyManagerError `deadline`, `overloaded`, or `unreachable` when the
   *   process ends first
   */
  request({ operation, body, deadline, stallMs }: ChildRequest): Promise<Buffer> {
    if (this.#reason !== undefined) return Promise.reject(gone(this.#reason));
    const now = this.#clock.monotonic();
    const remainingMs = deadline.remainingMs();
    // Whoever would wait in vain hears it now: a queue that is worked off too late helps nobody,
    // and its timeouts would make a slow token look like a dead one.
    if (
      this.#outstanding.size >= MAX_OUTSTANDING ||
      this.#outstanding.expectedMs(now) > remainingMs
    ) {
      return Promise.reject(
        new KeyManagerError('overloaded', 'too many requests are waiting for the token'),
      );
    }
    this.#lastId = (this.#lastId + 1) % 2 ** 32;
    const id = this.#lastId;
    const expiresAt = machineTimeMs() + remainingMs;
    this.#send(encodeRequest({ id, operation: OPERATIONS[operation], expiresAt }, body));
    return new Promise((resolve, reject) => {
      const isCipher = CIPHER_OPERATIONS.has(operation);
      const waiter = { resolve, reject, expiresAt: now + remainingMs, stallMs, isCipher };
      this.#outstanding.add(id, waiter, now);
      this.#sweepLater();
    });
  }

  /** Ends the process at once. @param reason for the log, and for those who wait */
  kill(reason: string): void {
    this.#end(reason);
    this.#process.kill('SIGKILL');
  }

  /** Waits for the process to end by itself, for up to 2 s; then kills it. */
  async close(): Promise<void> {
    this.#channel.end();
    const timer = setTimeout(() => {
      this.kill('it did not end in time');
    }, CLOSE_BUDGET_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #send(frame: Buffer): void {
    // What one turn of the event loop has to say goes out in one system call.
    if (this.#outgoing.length === 0)
      setImmediate(() => {
        this.#flush();
      });
    this.#outgoing.push(frame);
  }

  #flush(): void {
    const [first, ...others] = this.#outgoing;
    this.#outgoing = [];
    if (first === undefined || !this.#channel.writable) return;
    this.#channel.write(others.length === 0 ? first : Buffer.concat([first, ...others]));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#settle(frame);
    } catch (error) {
      this.kill(`its reply cannot be read: ${String(error)}`);
    }
  }

  #settle(frame: Buffer): void {
    const { id, status, body } = decodeReply(frame);
    const asked = this.#outstanding.take(id, this.#clock.monotonic());
    if (status === STATUS.ok) asked.resolve(body);
    else asked.reject(new ChildFailure(replySchemas.failure.parse(JSON.parse(body.toString()))));
  }

  #sweepLater(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    afterReading(SWEEP_MS, () => {
      this.#isSweeping = false;
      const now = this.#clock.monotonic();
      this.#outstanding.expire(now);
      if (this.#outstanding.isStalled(now)) this.kill('a native call hangs');
      if (this.#outstanding.size > 0) this.#sweepLater();
    });
  }

  /** @returns the first reason that anybody gave */
  #end(reason: string): string {
    this.#reason ??= reason;
    this.#outstanding.rejectAll(gone(this.#reason));
    return this.#reason;
  }
}

function gone(reason: string): KeyManagerError {
  return new KeyManagerError(
    'unreachable',
    `the child with the token's library is gone: ${reason}`,
  );
}

function channelOf({ stdio }: NodeChildProcess): Socket {
  const channel = stdio[3];
  if (channel instanceof Socket) return channel;
  throw new KeyManagerError('internal', 'the child has no pipe');
}

import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../../../shared/deadline.js';
import { KeyManagerError } from '../../backend.js';
import type { OperatorLog } from '../../../shared/operator-log.js';
import { ChildFailure } from './child-failure.js';
import type { ChildProcess, ChildRequest } from './child-process.js';
import { messageOf } from '../../../shared/reason-of.js';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/** A child process, as far as the pool uses it. */
export type PooledChild = Pick<
  ChildProcess,
  'pid' | 'ended' | 'isGone' | 'outstanding' | 'hasRoom' | 'request' | 'kill' | 'close'
>;

/** Size of a pool, and how it starts and opens its children. */
export interface PoolPorts {
  readonly size: number;
  readonly log: OperatorLog;
  /** Starts a process. */
  readonly start: () => PooledChild;
  /** Logs a process in and tests it. The process serves once this has resolved. */
  readonly open: (child: PooledChild) => Promise<void>;
}

/**
 * The child processes of one token. They open one at a time: some tokens refuse two logins at once,
 * and while the token is away, one process that keeps trying is enough.
 */
export class ChildPool {
  readonly #ports: PoolPorts;
  readonly #ready = new Set<PooledChild>();
  /** Processes whose session is gone. */
  readonly #toBeOpened = new Set<PooledChild>();
  readonly #events = new EventEmitter();
  readonly #closing = new AbortController();
  #filling: Promise<void> | undefined;
  #opening: PooledChild | undefined;
  /** Reason why children are missing; not set while they start for the first time. */
  #problem: string | undefined;
  /** Reason why no child is opened any more. */
  #stoppedFor: string | undefined;

  constructor(ports: PoolPorts) {
    this.#ports = ports;
  }

  /** Reason why children are missing; undefined while all serve or are starting. */
  get problem(): string | undefined {
    if (this.#stoppedFor !== undefined) return this.#stoppedFor;
    if (this.#ready.size === 0) return this.#problem ?? 'no child serves yet';
    return this.#problem;
  }

  /** Children that serve. */
  get ready(): ReadonlySet<PooledChild> {
    return this.#ready;
  }

  /**
   * Opens the first child, and the others in the background.
   *
   * @throws the failure of the first child; the pool keeps trying in the background until it is
   *   closed
   */
  async start(): Promise<void> {
    try {
      await this.#openNext();
    } finally {
      this.#fill();
    }
  }

  /** Sends a request to a child, and to another one if the first has lost its session. */
  async request(request: ChildRequest): Promise<Buffer> {
    for (let tries = 0; ; tries += 1) {
      const child = this.#choose();
      try {
        return await child.request(request);
      } catch (error) {
        if (!(error instanceof ChildFailure)) throw error;
        this.#take(child, error);
        if (error.effect !== 'session-lost' || tries > this.#ports.size) throw error;
      }
      if (this.#ready.size === 0) await this.#nextReady(request.deadline);
    }
  }

  /** Ends every child and opens no other. */
  stop(reason: string): void {
    this.#stoppedFor ??= reason;
    for (const child of [...this.#ready, ...this.#toBeOpened]) child.kill(reason);
  }

  /** Lets every child finish and end. */
  async close(): Promise<void> {
    this.#stoppedFor ??= 'closed';
    this.#closing.abort();
    this.#opening?.kill('closed');
    await this.#filling;
    await Promise.all([...this.#ready, ...this.#toBeOpened].map((child) => child.close()));
  }

  /** Resolves when a child serves or the deadline has passed. */
  async #nextReady({ signal }: Deadline): Promise<void> {
    await once(this.#events, 'ready', { signal }).catch(() => undefined);
  }

  /**
   * Chooses the first child that has room: requests that go to one process together share its
   * system calls. Where none has room, it chooses the child with the fewest requests.
   */
  #choose(): PooledChild {
    let least: PooledChild | undefined;
    for (const child of this.#ready) {
      if (child.hasRoom()) return child;
      if (least === undefined || child.outstanding < least.outstanding) least = child;
    }
    if (least !== undefined) return least;
    throw new KeyManagerError('unreachable', `no child serves: ${this.problem ?? 'unknown'}`);
  }

  /** Acts on the effect of a child's failure. */
  #take(child: PooledChild, { effect, message }: ChildFailure): void {
    if (effect === undefined) return;
    if (effect === 'unsafe-iv') this.stop(message);
    // Those that are logged in go on; nobody logs in again.
    if (effect === 'pin-refused') this.#stoppedFor ??= message;
    if (!this.#ready.delete(child)) return;
    this.#problem = message;
    this.#ports.log.error({ pid: child.pid, effect }, `a child serves no more: ${message}`);
    if (effect === 'session-lost') this.#toBeOpened.add(child);
    else child.kill(message);
    this.#fill();
  }

  #fill(): void {
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
    });
  }

  async #fillAll(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (this.#stoppedFor === undefined && this.#ready.size < this.#ports.size) {
      try {
        await this.#openNext();
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        // Logged where it happened. `close` cuts the pause short.
        await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
      }
    }
  }

  async #openNext(): Promise<void> {
    const [lost] = this.#toBeOpened;
    const child = lost ?? this.#started();
    this.#opening = child;
    try {
      await this.#ports.open(child);
      if (child.isGone) throw new KeyManagerError('unreachable', 'it ended as soon as it was open');
    } catch (error) {
      this.#toBeOpened.delete(child);
      this.#noteFailure(error);
      child.kill('it could not be opened');
      throw error;
    } finally {
      this.#opening = undefined;
    }
    this.#toBeOpened.delete(child);
    this.#ready.add(child);
    if (this.#ready.size === this.#ports.size) this.#problem = undefined;
    this.#events.emit('ready');
    this.#ports.log.info({ pid: child.pid }, 'a child serves');
  }

  #started(): PooledChild {
    const child = this.#ports.start();
    void child.ended.then((reason) => {
      this.#toBeOpened.delete(child);
      if (!this.#ready.delete(child)) return;
      this.#problem = reason;
      if (this.#stoppedFor !== undefined) return;
      this.#ports.log.error({ pid: child.pid }, `a child has ended: ${reason}`);
      this.#fill();
    });
    return child;
  }

  #noteFailure(error: unknown): void {
    const message = messageOf(error);
    if (error instanceof ChildFailure) {
      if (error.effect === 'unsafe-iv') this.stop(message);
      if (error.effect === 'pin-refused') this.#stoppedFor ??= message;
    }
    if (this.#problem !== message) this.#ports.log.error({ err: error }, `no child: ${message}`);
    this.#problem = message;
  }
}

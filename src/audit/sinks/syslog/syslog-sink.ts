import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { Logger } from '../../../observability/logger.js';
import type { Backoff } from '../../../shared/backoff.js';
import { Signal } from '../../../shared/signal.js';
import type { LogFeed } from '../feed/log-feed.js';
import { BEGINNING, type Position } from '../feed/position.js';
import type { AuditSink } from '../sink.js';
import type { LinkState } from './attempts.js';
import type { SyslogConnection } from './connection.js';
import type { CursorFile } from './cursor-file.js';
import type { Delivery } from './delivery.js';

/**
 * Records that come one after the other are sent together: one write to a socket costs more than
 * ten records.
 */
const GATHER_MS = 20;
/**
 * A connection that has lasted so long was accepted: with TLS 1.3 a client certificate is refused
 * later.
 */
const ACCEPTED_AFTER_MS = 2_000;
const SAVE_EVERY_MS = 1_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** The parts of a syslog sink. */
export interface SyslogSinkPorts {
  readonly name: string;
  readonly feed: LogFeed;
  readonly delivery: Delivery;
  readonly cursor: CursorFile;
  readonly backoff: Backoff;
  readonly link: LinkState;
  readonly logger: Logger;
  /** Begins a connection; `onLost` is called once when it is of no use any more. */
  readonly connect: (onLost: () => void) => Promise<SyslogConnection>;
}

/**
 * A sink that sends the log to a collector, beside everything else, and keeps its place when the
 * collector is away.
 */
export class SyslogSink implements AuditSink {
  readonly name: string;
  readonly #ports: SyslogSinkPorts;
  readonly #news = new Signal();
  readonly #closing = new AbortController();
  #connection: SyslogConnection | undefined;
  #work: Promise<void> | undefined;
  #saver: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #cannotSave = false;
  #isGivenUp = false;

  constructor(ports: SyslogSinkPorts) {
    this.name = ports.name;
    this.#ports = ports;
  }

  get behind(): number {
    return this.#ports.feed.behind;
  }

  committed(lines: Buffer): void {
    this.#ports.feed.committed(lines);
    this.#news.set();
    // Before the first lines nobody has said how much of the log is good.
    this.#work ??= this.#run();
  }

  checkpoint(note: string): void {
    this.#ports.feed.checkpoint(note);
    this.#news.set();
  }

  async close(): Promise<void> {
    this.#news.set();
    this.#closing.abort();
    if (this.#work === undefined) return;
    const giveUp = setTimeout(() => {
      this.#isGivenUp = true;
      this.#connection?.destroy();
    }, CLOSE_TIMEOUT_MS);
    await this.#work;
    clearTimeout(giveUp);
    clearInterval(this.#saver);
    await this.#save();
  }

  async #run(): Promise<void> {
    const { feed, delivery, backoff, link } = this.#ports;
    await feed.goTo(await this.#start());
    this.#saver = setInterval(() => void this.#save(), SAVE_EVERY_MS).unref();
    for (let isLast = false; !isLast && !this.#isGivenUp; ) {
      // After close() has been called there is one more attempt.
      isLast = this.#closing.signal.aborted;
      try {
        await this.#connectAndSend();
        return;
      } catch (error) {
        link.down(error, feed.size - delivery.delivered.record);
      }
      await this.#pause(backoff.nextMs());
    }
  }

  /** Without a cursor that can be read the collector gets everything once more. */
  async #start(): Promise<Position> {
    const { cursor, feed, logger, name } = this.#ports;
    try {
      const position = await cursor.read();
      if (Math.max(position.record, position.checkpoint) <= feed.size) return position;
      logger.warn(
        { sink: name, ...position, size: feed.size },
        'the audit sink was further on than the log is; it gets the log from its beginning',
      );
    } catch (error) {
      logger.warn(
        { sink: name, err: error },
        'where the audit sink stood cannot be read; it gets the log from its beginning',
      );
    }
    return BEGINNING;
  }

  /** Resolves when the sink is closed and everything was sent. */
  async #connectAndSend(): Promise<void> {
    const { delivery, connect } = this.#ports;
    const connection = await connect(() => {
      this.#news.set();
    });
    this.#connection = connection;
    const accepted = this.#acceptLater(connection);
    try {
      if (this.#isGivenUp) throw new Error('the server stops');
      await connection.open();
      await delivery.begin();
      await this.#sendUntilClosed(connection);
      await delivery.finish(connection);
    } finally {
      clearTimeout(accepted);
      connection.destroy();
    }
  }

  async #sendUntilClosed(connection: SyslogConnection): Promise<void> {
    for (;;) {
      // Read before sending: what comes after it is sent by another round.
      const isLast = this.#closing.signal.aborted;
      await this.#ports.delivery.sendAll(connection);
      if (isLast) return;
      await this.#news.wait();
      if (connection.failure !== undefined) throw connection.failure;
      await this.#pause(GATHER_MS);
    }
  }

  /** Waits, unless the sink is closed. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    await setTimeoutAsync(ms, undefined, { signal, ref: false }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  #acceptLater(connection: SyslogConnection): NodeJS.Timeout {
    const { backoff, link, feed } = this.#ports;
    return setTimeout(() => {
      if (connection.failure !== undefined) return;
      backoff.reset();
      link.up(feed.behind);
    }, ACCEPTED_AFTER_MS).unref();
  }

  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  /** An old position costs no more than sending some records twice. */
  async #saveNow(): Promise<void> {
    const { cursor, delivery, logger, name } = this.#ports;
    try {
      await cursor.save(delivery.delivered);
      this.#cannotSave = false;
    } catch (error) {
      if (!this.#cannotSave) {
        logger.warn({ sink: name, err: error }, 'where the audit sink stands cannot be saved');
      }
      this.#cannotSave = true;
    }
  }
}

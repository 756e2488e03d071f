import type { LogFeed } from '../feed/log-feed.js';
import type { Position } from '../feed/position.js';
import type { SyslogConnection } from './connection.js';
import type { SyslogMessages } from './message.js';

/**
 * Syslog acknowledges nothing, so what a lost connection was given may be in the buffers of either
 * kernel: Linux lets them grow to 4 MiB for the sender and 6 MiB for the receiver.
 */
const DOUBTED_BYTES = 8 * 1024 * 1024;
/** Small sends are remembered together. */
const GRAIN_BYTES = 64 * 1024;

interface Handed {
  readonly before: Position;
  bytes: number;
}

/** The bytes that a connection was given last and may not have delivered. */
export class InDoubt {
  readonly #handed: Handed[] = [];
  #bytes = 0;

  /** The position from which on delivery is in doubt; undefined when nothing is. */
  get since(): Position | undefined {
    return this.#handed[0]?.before;
  }

  /**
   * Adds bytes that are about to be sent.
   *
   * @param before where the sink stood before them
   */
  add(before: Position, bytes: number): void {
    const last = this.#handed.at(-1);
    if (last !== undefined && last.bytes < GRAIN_BYTES) last.bytes += bytes;
    else this.#handed.push({ before, bytes });
    this.#bytes += bytes;
    this.#forgetDelivered();
  }

  /** Forgets all of it: it has arrived, or is going to be sent again. */
  clear(): void {
    this.#handed.length = 0;
    this.#bytes = 0;
  }

  #forgetDelivered(): void {
    let [oldest] = this.#handed;
    while (oldest !== undefined && this.#bytes - oldest.bytes >= DOUBTED_BYTES) {
      this.#handed.shift();
      this.#bytes -= oldest.bytes;
      [oldest] = this.#handed;
    }
  }
}

/**
 * Sends what a feed has over one connection after the other, and knows what may have to be sent
 * again.
 */
export class Delivery {
  readonly #feed: LogFeed;
  readonly #messages: SyslogMessages;
  readonly #now: () => string;
  readonly #inDoubt = new InDoubt();

  /** @param now the time as records have it */
  constructor(feed: LogFeed, messages: SyslogMessages, now: () => string) {
    this.#feed = feed;
    this.#messages = messages;
    this.#now = now;
  }

  /** The position before which everything was delivered, as far as anybody can know. */
  get delivered(): Position {
    return this.#inDoubt.since ?? this.#feed.position;
  }

  /** Goes back to what may not have arrived, for a new connection. */
  async begin(): Promise<void> {
    await this.#feed.goTo(this.delivered);
    this.#inDoubt.clear();
  }

  /**
   * Sends everything that there is.
   *
   * @throws what the feed or the connection throws
   */
  async sendAll(connection: SyslogConnection): Promise<void> {
    for (;;) {
      const item = await this.#feed.next();
      if (item === undefined) return;
      const bytes =
        item.kind === 'records'
          ? this.#messages.records(item.lines)
          : this.#messages.checkpoints(item.notes, this.#now());
      // In doubt from the first byte on, whatever becomes of the others.
      this.#inDoubt.add(item.at, bytes.length);
      await connection.send(bytes);
    }
  }

  /**
   * Ends a connection over which everything was sent, and believes a collector that closes it in
   * order.
   */
  async finish(connection: SyslogConnection): Promise<void> {
    if (await connection.finish()) this.#inDoubt.clear();
  }
}

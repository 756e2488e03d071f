import type { LogFeed } from '../feed/log-feed.js';
import type { Position } from '../feed/position.js';
import type { SyslogConnection } from './connection.js';
import { InDoubt } from './in-doubt.js';
import type { SyslogMessages } from './message.js';

/** Sends what a feed has over one connection after the other, and knows what may have to be sent again. */
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

  /** Everything before it has been delivered, as far as anybody can know. */
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

  /** Ends a connection over which everything was sent, and believes a collector that closes it in order. */
  async finish(connection: SyslogConnection): Promise<void> {
    if (await connection.finish()) this.#inDoubt.clear();
  }
}

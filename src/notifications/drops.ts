import type { EventOf } from './events.js';
import { MINUTE_MS } from '../shared/durations.js';

/** The event that tells of drops. */
type DropsEvent = EventOf<'notifications-dropped'>;

/** The parts that drops are told with. */
export interface DropsPorts {
  readonly webhook: string;
  /** Tells everybody but the webhook itself. */
  readonly tell: (event: DropsEvent) => void;
  /** Tells the webhook itself. */
  readonly tellItself: (event: DropsEvent) => void;
}

/**
 * The events that a webhook was not sent: everybody else is told once a minute, and the receiver
 * when it takes events again.
 */
export class Drops {
  readonly #ports: DropsPorts;
  #untold = 0;
  #unknownToIt = 0;
  #reason = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: DropsPorts) {
    this.#ports = ports;
  }

  /** Counts an event that was given up. */
  add(reason: string): void {
    this.#untold += 1;
    this.#unknownToIt += 1;
    this.#reason = reason;
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, MINUTE_MS).unref();
  }

  /** Tells the receiver what it was not sent, now that it takes events. */
  accepted(): void {
    if (this.#unknownToIt === 0) return;
    const event = this.#event(this.#unknownToIt);
    this.#unknownToIt = 0;
    this.#ports.tellItself(event);
  }

  /** Tells everybody else what is counted. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold === 0) return;
    const event = this.#event(this.#untold);
    this.#untold = 0;
    this.#ports.tell(event);
  }

  #event(count: number): DropsEvent {
    return {
      event: 'notifications-dropped',
      webhook: this.#ports.webhook,
      count,
      reason: this.#reason,
    };
  }
}

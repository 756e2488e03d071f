import type { OperatorLog } from '../shared/operator-log.js';
import { cloudEventOf, type EventIdentity } from './cloud-event.js';
import { EVENTS, type EventName, type HoldfastEvent, type Severity, type Tell } from './events.js';
import { type Occurrence, Thinning } from './thinning.js';
import { type EventFields, toldEvent } from './told-event.js';
import type { Webhook, WebhookState } from './webhook.js';

/** The fields of an event's record in the audit log. */
export type EventRecordFields = EventFields & {
  readonly event: EventName;
  readonly severity: Severity;
};

/** The parts that events are told with. */
export interface NotifierPorts {
  /** Now: UTC, in milliseconds. */
  readonly now: () => string;
  readonly log: OperatorLog;
  /** Records an event in the audit log, without waiting; undefined where there is none. */
  readonly record: ((fields: EventRecordFields) => void) | undefined;
  /** Gives each event an identity of its own. */
  readonly identify: () => EventIdentity;
}

/** The number of events of a name since the start, the thinned ones too. */
export interface EventCount {
  readonly event: EventName;
  readonly severity: Severity;
  readonly count: number;
}

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const;
const names = Object.keys(EVENTS) as EventName[];

/** The one through whom everybody is told. Each event goes to all that are interested. */
export class Notifier implements Tell {
  readonly #ports: NotifierPorts;
  readonly #thinning: Thinning;
  readonly #counts = new Map<EventName, number>(names.map((name) => [name, 0]));
  #webhooks: readonly Webhook[] = [];

  constructor(ports: NotifierPorts) {
    this.#ports = ports;
    this.#thinning = new Thinning((occurrence, repeated) => {
      this.#tellAll(occurrence, repeated);
    });
  }

  /** Adds the webhooks, which tell through this one what they have given up. */
  tellWebhooks(webhooks: readonly Webhook[]): void {
    this.#webhooks = webhooks;
  }

  tell(event: HoldfastEvent): void {
    const { event: name } = event;
    this.#counts.set(name, 1 + (this.#counts.get(name) ?? 0));
    this.#safely(name, () => {
      this.#thinning.add({ event, time: this.#ports.now() });
    });
  }

  /** The number of events of each name since the start. */
  get counts(): readonly EventCount[] {
    return [...this.#counts].map(([event, count]) => ({
      event,
      severity: EVENTS[event].severity,
      count,
    }));
  }

  /** The webhooks, as they are. */
  get webhooks(): readonly WebhookState[] {
    return this.#webhooks.map(({ state }) => state);
  }

  /** Tells what is counted, and lets the webhooks come to an end. */
  async close(): Promise<void> {
    this.#thinning.flush();
    await Promise.all(this.#webhooks.map((webhook) => webhook.close()));
  }

  #tellAll({ event, time }: Occurrence, repeated: number | undefined): void {
    const { log, record, identify } = this.#ports;
    const told = toldEvent(event, time, repeated);
    const { event: name, severity, sentence, fields } = told;
    this.#safely(name, () => record?.({ event: name, severity, ...fields }));
    this.#safely(name, () => {
      log[LEVELS[severity]]({ event: name, ...fields }, sentence);
    });
    for (const webhook of this.#webhooks) {
      if (!webhook.wants(name) || isAboutItself(webhook, event)) continue;
      this.#safely(name, () => {
        webhook.take(cloudEventOf(told, identify()));
      });
    }
  }

  /** Logs an error: those who tell are at other work, which goes on whatever becomes of it. */
  #safely(event: EventName, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#ports.log.error({ event, err: error }, 'an event could not be told to everybody');
    }
  }
}

/** A receiver that lost events would lose one more for each that told it so. */
function isAboutItself({ name }: Webhook, event: HoldfastEvent): boolean {
  return event.event === 'notifications-dropped' && event.webhook === name;
}

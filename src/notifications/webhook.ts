import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { Backoff, type BackoffBounds } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import type { OperatorLog } from '../shared/operator-log.js';
import { parsedJson } from '../shared/parsed-json.js';
import { Signal } from '../shared/signal.js';
import type { CloudEvent } from './cloud-event.js';
import type { EventName } from './events.js';
import type { EventQueue, QueuedEvent } from './event-queue.js';
import { Turns } from './turns.js';
import type { Delivery, DeliveryOutcome, WebhookClient } from './webhook-client.js';

/** Time for what is under way when the server stops. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Ids go into a header. */
const ID_FORM = /^[\w-]{1,64}$/;

/** The terms of attempts. */
export interface DeliveryTerms extends BackoffBounds {
  /** Attempts after which an event that the receiver does not take holds up no other. */
  readonly patience: number;
}

/** The receiver of a webhook. */
export interface Receiver {
  /** Names of the events that are sent; undefined: all. */
  readonly events: ReadonlySet<EventName> | undefined;
  readonly client: WebhookClient;
}

/** The parts of a webhook. */
export interface WebhookPorts {
  readonly name: string;
  readonly receiver: Receiver;
  readonly queue: EventQueue;
  readonly terms: DeliveryTerms;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: OperatorLog;
  /** Called when an event was given up, and why. */
  readonly onDropped: (reason: string) => void;
  /** Called when an event was accepted. */
  readonly onAccepted: () => void;
}

/** A webhook, as it is. */
export interface WebhookState {
  readonly webhook: string;
  /** Events that wait. */
  readonly queued: number;
  /** Time for which the receiver has taken nothing, while something waits. */
  readonly stuckMs: number;
  readonly delivered: number;
  readonly failedAttempts: number;
  readonly dropped: number;
  /** The reason why the last attempt failed; absent where it did not. */
  readonly problem?: string;
}

/** A webhook: takes events up at once, and delivers them in their order beside everything else. */
export class Webhook {
  readonly name: string;
  readonly #ports: WebhookPorts;
  readonly #news = new Signal();
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  #receiver: Receiver;
  /** Ends a pause when there is another receiver. */
  #changing = new AbortController();
  #isSending = false;
  #turns: Turns;
  readonly #work: Promise<void>;
  #problem: string | undefined;
  #stuckSince: number | undefined;
  #counts = { delivered: 0, failedAttempts: 0, dropped: 0 };

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
    this.name = ports.name;
    this.#receiver = ports.receiver;
    this.#backoff = new Backoff(ports.random, ports.terms);
    this.#turns = new Turns(ports.terms.patience);
    this.#work = this.#run().catch((error: unknown) => {
      ports.log.error({ webhook: ports.name, err: error }, 'the webhook has stopped: a defect');
    });
  }

  get state(): WebhookState {
    const { queue, name, clock } = this.#ports;
    return {
      webhook: name,
      queued: queue.length,
      stuckMs: this.#stuckSince === undefined ? 0 : clock.monotonic() - this.#stuckSince,
      ...this.#counts,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  /** Tells whether the receiver gets events of this name. */
  wants(event: EventName): boolean {
    return this.#receiver.events?.has(event) ?? true;
  }

  /** Takes up an event. Never waits. */
  take(event: CloudEvent): void {
    this.#ports.queue.add(JSON.stringify(event));
    this.#news.set();
  }

  /** Sends what waits, and what comes, to another receiver, at once. */
  changeTo(receiver: Receiver): void {
    const { client } = this.#receiver;
    this.#receiver = receiver;
    this.#turns = new Turns(this.#ports.terms.patience);
    this.#backoff.reset();
    this.#changing.abort();
    this.#changing = new AbortController();
    if (!this.#isSending) void client.close();
  }

  /** Counts an event that was given up. */
  countDropped(): void {
    this.#counts.dropped += 1;
  }

  /** Sends what is under way to its end, within 2 s; the queue keeps the rest. */
  async close(): Promise<void> {
    const { client } = this.#receiver;
    this.#closing.abort();
    this.#news.set();
    const giveUp = setTimeout(() => {
      client.abort();
    }, CLOSE_TIMEOUT_MS);
    await this.#work;
    clearTimeout(giveUp);
    await client.close();
    await this.#ports.queue.settle();
  }

  async #run(): Promise<void> {
    const { queue, clock } = this.#ports;
    while (!this.#closing.signal.aborted) {
      const { after } = this.#turns;
      const event = await queue.first(after);
      if (event === undefined && after !== undefined) {
        this.#turns.toOldest();
      } else if (event === undefined) {
        this.#stuckSince = undefined;
        await this.#receiver.client.close();
        await this.#news.wait();
      } else {
        this.#stuckSince ??= clock.monotonic();
        await this.#attempt(event);
      }
    }
  }

  /** Delivers an event, or gives it up, or leaves it in the queue for another attempt. */
  async #attempt(event: QueuedEvent): Promise<void> {
    const { queue } = this.#ports;
    const id = idOf(event.body);
    if (id === undefined) {
      this.#drop(event, 'its file is damaged');
      return;
    }
    const outcome = await this.#send({ id, body: event.body });
    if (outcome.kind === 'accepted') {
      queue.remove(event.number);
      this.#turns.accepted();
      this.#succeeded();
      return;
    }
    this.#failed(outcome);
    const reason = this.#turns.failed(event.number, outcome);
    if (reason === undefined) await this.#pause(outcome);
    else this.#drop(event, reason);
  }

  async #send(delivery: Delivery): Promise<DeliveryOutcome> {
    const { client } = this.#receiver;
    this.#isSending = true;
    const outcome = await client.send(delivery);
    this.#isSending = false;
    if (client !== this.#receiver.client) await client.close();
    return outcome;
  }

  #succeeded(): void {
    const { log, name, queue, onAccepted } = this.#ports;
    this.#counts.delivered += 1;
    this.#stuckSince = undefined;
    this.#backoff.reset();
    if (this.#problem !== undefined) {
      log.info({ webhook: name, queued: queue.length }, 'the webhook takes events again');
    }
    this.#problem = undefined;
    onAccepted();
  }

  #failed({ words }: Exclude<DeliveryOutcome, { kind: 'accepted' }>): void {
    const { log, name, queue } = this.#ports;
    this.#counts.failedAttempts += 1;
    if (this.#problem !== words) {
      const fields = { webhook: name, reason: words, queued: queue.length };
      log.warn(fields, 'the webhook does not take events; they wait on disk');
    }
    this.#problem = words;
  }

  #drop({ number }: QueuedEvent, reason: string): void {
    this.#ports.queue.remove(number);
    this.#backoff.reset();
    this.#ports.onDropped(reason);
  }

  async #pause(outcome: DeliveryOutcome): Promise<void> {
    const { longestMs } = this.#ports.terms;
    const asked = 'retryAfterMs' in outcome ? (outcome.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(this.#backoff.nextMs(), Math.min(asked, longestMs));
    const signal = AbortSignal.any([this.#closing.signal, this.#changing.signal]);
    await setTimeoutAsync(waitMs, undefined, { signal, ref: false }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** The id of an event in its JSON form; undefined for what is none. */
function idOf(body: string): string | undefined {
  const event = parsedJson(body);
  if (typeof event !== 'object' || event === null || !('id' in event)) return undefined;
  return typeof event.id === 'string' && ID_FORM.test(event.id) ? event.id : undefined;
}

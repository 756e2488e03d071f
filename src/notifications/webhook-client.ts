import { readFile } from 'node:fs/promises';
import type { Client } from 'undici';
import type { Clock } from '../shared/clock.js';
import { codeOf } from '../shared/errno.js';
import type { Secret } from '../shared/secret.js';
import { CLOUD_EVENT_TYPE } from './cloud-event.js';
import { signatureHeaders } from './signature.js';

/** Receivers say with the status all that is of interest. */
const MAX_ANSWER_BYTES = 16_384;
/** Statuses of the kind 4xx that say nothing about the event itself. */
const TRY_AGAIN = new Set([408, 429]);
/** Failures on a connection that was there: the receiver may have failed over the event. */
const AFTER_CONNECTING = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET|HPE_\w+)$/;
const TLS_FAILURE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|ERR_OSSL|HOSTNAME/;

/** The receiver's answer to an event, or the reason why there is none. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted'; readonly status: number }
  /** It will be refused each time. */
  | { readonly kind: 'refused'; readonly status: number; readonly words: string }
  /** Another attempt may come to something. */
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly words: string;
      /** True where the event cannot be the reason: there was no connection. */
      readonly isAway?: true;
      /** The time for which the receiver asks to be left alone. */
      readonly retryAfterMs?: number;
    };

/** An event on its way. */
export interface Delivery {
  readonly id: string;
  readonly body: string;
}

/** The receiver of events, and how it is called. */
export interface WebhookClientPorts {
  readonly url: string;
  readonly secrets: readonly Secret[];
  /** PEM file; Node's own authorities without it. */
  readonly ca: string | undefined;
  readonly clock: Clock;
  /** Time from the call to the last byte of the answer. */
  readonly timeoutMs: number;
}

/**
 * A client of one receiver, for a few events in a row: its connection is made anew for the next
 * ones, with certificates as they are then.
 */
export class WebhookClient {
  readonly #ports: WebhookClientPorts;
  readonly #closing = new AbortController();
  #connection: Client | undefined;

  constructor(ports: WebhookClientPorts) {
    this.#ports = ports;
  }

  /** Sends one event. Never rejects, and follows no redirect. */
  async send(delivery: Delivery): Promise<DeliveryOutcome> {
    try {
      return await this.#send(delivery);
    } catch (error) {
      await this.close();
      const words = this.#wordsFor(error);
      return { kind: 'failed', words, ...(wasReached(error) ? {} : { isAway: true }) };
    }
  }

  /** Gives up what is under way. */
  abort(): void {
    this.#closing.abort(new Error('the server stops'));
  }

  /** Closes the connection; the next event makes another one. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.destroy();
  }

  async #send({ id, body }: Delivery): Promise<DeliveryOutcome> {
    const { url, secrets, clock, timeoutMs } = this.#ports;
    this.#connection ??= await this.#connect();
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closing.signal]);
    const { pathname, search } = new URL(url);
    const answer = await this.#connection.request({
      path: `${pathname}${search}`,
      method: 'POST',
      headers: {
        'content-type': `${CLOUD_EVENT_TYPE}; charset=utf-8`,
        ...signatureHeaders({ id, sentAt: clock.now(), body }, secrets),
      },
      body,
      signal,
    });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal });
    return outcomeOf(answer.statusCode, answer.headers['retry-after']);
  }

  async #connect(): Promise<Client> {
    const { url, ca, timeoutMs } = this.#ports;
    // Most servers have no webhook, and need not load it.
    const { Client } = await import('undici');
    const trusted = ca === undefined ? {} : { ca: await readFile(ca) };
    return new Client(new URL(url).origin, { connect: { timeout: timeoutMs, ...trusted } });
  }

  #wordsFor(error: unknown): string {
    const { timeoutMs, ca } = this.#ports;
    const name = error instanceof Error ? error.name : '';
    if (name === 'TimeoutError') return `there was no answer within ${timeoutMs / 1000} s`;
    const code = codeOf(error) ?? (name === '' ? String(error) : name);
    if (TLS_FAILURE.test(code)) return `no trusted connection to the receiver (${code})`;
    if (ca !== undefined && error instanceof Error && error.message.includes(ca)) {
      return `the file ${ca} cannot be read (${code})`;
    }
    return `no connection to the receiver (${code})`;
  }
}

/** Tells whether an attempt has failed after the receiver was reached. */
function wasReached(error: unknown): boolean {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return isLate || AFTER_CONNECTING.test(codeOf(error) ?? '');
}

function outcomeOf(
  status: number,
  retryAfter: string | readonly string[] | undefined,
): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  const words = `the receiver answered ${status}`;
  if (status >= 300 && status < 400) {
    return { kind: 'failed', status, words: `${words}, a redirect, and none is followed` };
  }
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) {
    return { kind: 'refused', status, words };
  }
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter);
  return seconds
    ? { kind: 'failed', status, words, retryAfterMs: Number(retryAfter) * 1000 }
    : { kind: 'failed', status, words };
}

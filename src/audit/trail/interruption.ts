import type { Logger } from '../../observability/logger.js';
import { errnoOf } from '../../shared/errno.js';
import type { AuditLog } from '../log/audit-log.js';
import type { Payloads } from '../log/payloads.js';
import { AuditTimeoutError } from './errors.js';

const RETRY_MS = 1_000;
/** Records that wait for the end; each is some hundred bytes. */
const MAX_HELD = 10_000;

/** The parts that an interruption works with. */
export interface InterruptionPorts {
  readonly log: Pick<AuditLog, 'append' | 'sign' | 'takeReserve'>;
  readonly payloads: Payloads;
  readonly logger: Logger;
}

/** A time in which records cannot be written. Ends by itself, with a record that tells of it. */
export class Interruption {
  readonly #ports: InterruptionPorts;
  readonly #onEnd: () => void;
  readonly #reason: string;
  readonly #from: string;
  #refused = 0;
  #served = 0;
  #timer: NodeJS.Timeout;
  #ending: Promise<void> | undefined;
  readonly #held: string[] = [];

  /** @param onEnd called when records can be written again */
  constructor(ports: InterruptionPorts, cause: unknown, onEnd: () => void) {
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#reason = errnoOf(cause) ?? (cause instanceof AuditTimeoutError ? 'slow' : 'defect');
    this.#from = ports.payloads.now();
    this.#timer = this.#retryLater();
    ports.logger.error({ err: cause }, 'the audit log cannot be written');
  }

  countRefused(): void {
    this.#refused += 1;
  }

  countServed(): void {
    this.#served += 1;
  }

  /** Keeps a record until records can be written again. */
  hold(payload: string): void {
    if (this.#held.length < MAX_HELD) this.#held.push(payload);
    else this.#ports.logger.error({ payload }, 'a record was lost');
  }

  /** Tries once more, and gives up. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#tryToEnd();
    clearTimeout(this.#timer);
  }

  #retryLater(): NodeJS.Timeout {
    return setTimeout(() => void this.#tryToEnd(), RETRY_MS).unref();
  }

  /** Tries to end the interruption, one attempt at a time. */
  #tryToEnd(): Promise<void> {
    this.#ending ??= this.#end().finally(() => {
      this.#ending = undefined;
    });
    return this.#ending;
  }

  async #end(): Promise<void> {
    const { log, logger } = this.#ports;
    const told = { refused: this.#refused, served: this.#served };
    try {
      await log.takeReserve();
      await log.append(this.#gap(told));
    } catch {
      // What is wrong was told when it began.
      this.#timer = this.#retryLater();
      return;
    }
    logger.warn({ from: this.#from, ...told }, 'the audit log can be written again');
    this.#onEnd();
    await this.#appendHeld();
    await this.#tellTheRest(told);
  }

  /**
   * Signed at once: what was held tells of more time than a server leaves unsigned, and a start
   * after a crash would take it for written by somebody else.
   */
  async #appendHeld(): Promise<void> {
    const { log, logger } = this.#ports;
    if (this.#held.length === 0) return;
    const results = await Promise.allSettled(this.#held.map((payload) => log.append(payload)));
    const lost = results.filter(({ status }) => status === 'rejected').length;
    if (lost > 0) logger.error({ lost }, 'records were lost');
    await log.sign();
  }

  /** Requests that came while the record of the gap was being written. */
  async #tellTheRest(told: { readonly refused: number; readonly served: number }): Promise<void> {
    const rest = { refused: this.#refused - told.refused, served: this.#served - told.served };
    if (rest.refused === 0 && rest.served === 0) return;
    await this.#ports.log.append(this.#gap(rest)).catch((error: unknown) => {
      this.#ports.logger.error({ err: error, ...rest }, 'a gap in the audit log was not recorded');
    });
  }

  #gap(counts: { readonly refused: number; readonly served: number }): string {
    const { payloads } = this.#ports;
    return payloads.of('gap', {
      from: this.#from,
      to: payloads.now(),
      reason: this.#reason,
      ...counts,
    });
  }
}

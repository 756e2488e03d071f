import type { Logger } from '../../observability/logger.js';
import { FIRST_FAILURE, type RequestEntry } from '../../observability/request-entry.js';
import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import { FirstPerMinute } from '../../shared/first-per-minute.js';
import type { AuditLog } from '../log/audit-log.js';
import { LogOverrunError } from '../log/group-commit.js';
import type { AppendSteps } from '../log/log-ports.js';
import type { Payloads } from '../log/payloads.js';
import type { AuditRecordType, FieldsOf, RequestRecordType } from '../record/index.js';
import { AuditTimeoutError, AuditUnavailableError } from './errors.js';
import { Interruption } from './interruption.js';
import { LateSyncs } from './late-syncs.js';
import { SharedTimeout } from './shared-timeout.js';

/**
 * Time for a record in any case: a request that has used up its own is still to be recorded.
 */
const MIN_WAIT_MS = 10;
/** The operation that uses no key of a customer. */
const HEALTH_OPERATION = 'GetHealthStatus';

/** With `answer`, other writers may hold a sync up for seconds on a disk that works. */
const STUCK_SYNC_MS = { refuse: 1_000, answer: 10_000 } as const;

/** The parts that an audit trail is kept with. */
export interface AuditTrailPorts {
  readonly log: AuditLog;
  readonly payloads: Payloads;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onAuditFailure: 'refuse' | 'serve';
  /** The fate of a request whose record is written and not on the disk by its deadline. */
  readonly lateSync?: 'refuse' | 'answer';
}

/** Records what happens, and says whether it may go on when that cannot be done. */
export class AuditTrail {
  readonly #ports: AuditTrailPorts;
  readonly #timeout: SharedTimeout;
  /** Nobody without a credential can fill the disk. */
  readonly #strangers: FirstPerMinute;
  readonly #lateSyncs: LateSyncs;
  #interruption: Interruption | undefined;
  #isClosed = false;

  constructor(ports: AuditTrailPorts) {
    this.#ports = ports;
    this.#timeout = new SharedTimeout(ports.clock);
    const { payloads } = ports;
    this.#strangers = new FirstPerMinute(
      () => payloads.now(),
      ({ byKind, ...omitted }) => {
        this.recordLater('omitted', { ...omitted, byErrorName: byKind });
      },
    );
    this.#lateSyncs = new LateSyncs(payloads, (fields) => {
      ports.logger.warn(fields, 'answers went out before their audit records were on the disk');
      this.recordLater('late-sync', fields);
    });
  }

  /** True while requests are refused because records cannot be written. */
  get isRefusing(): boolean {
    return this.#interruption !== undefined && this.#ports.onAuditFailure === 'refuse';
  }

  /** True while records cannot be written, whatever becomes of the requests. */
  get isInterrupted(): boolean {
    return this.#interruption !== undefined;
  }

  /**
   * For an operation that would have to be refused afterwards.
   *
   * @throws AuditUnavailableError
   */
  assertRecording(): void {
    if (this.isRefusing) throw new AuditUnavailableError('nothing was done');
  }

  /**
   * Records a request whose answer is decided, and waits until the record is as durable as the
   * configuration asks.
   *
   * @returns sequence of the record; undefined where it has none, or may not be on the disk, and
   *   the request may be answered all the same
   * @throws AuditUnavailableError or AuditTimeoutError: the answer must be withheld
   */
  async recordRequest(request: RequestEntry, deadline: Deadline): Promise<number | undefined> {
    if (!request.isAuthenticated && !this.#strangers.isTold(request.errorName ?? 'none')) {
      return undefined;
    }
    const { log, payloads, clock } = this.#ports;
    const type = typeOf(request);
    if (this.#interruption !== undefined) {
      this.#withoutRecord(this.#interruption, type);
      return undefined;
    }
    const steps = log.appendInSteps(payloads.around(type, request.json()));
    const expiresAt = clock.monotonic() + Math.max(MIN_WAIT_MS, deadline.remainingMs());
    try {
      return await this.#timeout.race(steps.durable, expiresAt, tooLate);
    } catch (error) {
      if (error instanceof AuditTimeoutError) return this.#notYetDurable(request, steps, error);
      // The log is well, and has too much to do.
      if (error instanceof LogOverrunError) throw tooLate();
      this.#notDurable(request, steps, error);
      return undefined;
    }
  }

  /**
   * Counts a request of somebody unauthenticated, where there have been so many in this minute that
   * no more of them are recorded one by one.
   *
   * @returns false, and has counted nothing, where it is to be recorded
   */
  leavesOut(errorName: string): boolean {
    return this.#strangers.leavesOut(errorName);
  }

  /**
   * Handles a sync that has failed. A record that was written is there: it will be on the disk
   * before the log goes on.
   */
  #notDurable(request: RequestEntry, { written: sequence }: AppendSteps, error: unknown): void {
    const interruption = this.#interrupt(error);
    if (sequence === undefined) {
      this.#withoutRecord(interruption, typeOf(request));
    } else if (!this.#isServed(request)) {
      const { kmsRequestId } = request;
      this.recordLater('abandoned', { record: sequence, kmsRequestId, reason: 'deadline' });
      throw new AuditUnavailableError('the answer is withheld');
    }
  }

  /**
   * Records what an administrator did.
   *
   * @throws AuditUnavailableError: the answer must be withheld
   */
  async recordAct(fields: FieldsOf<'administrative-act'>): Promise<void> {
    try {
      await this.record('administrative-act', fields);
    } catch (error) {
      const interruption = this.#interrupt(error);
      if (this.#ports.onAuditFailure === 'serve') {
        interruption.countServed();
        return;
      }
      interruption.countRefused();
      throw new AuditUnavailableError('what was asked for may have been done', {
        cause: error,
      });
    }
  }

  /** Tells that a recorded answer was not given. */
  recordAbandoned(fields: FieldsOf<'abandoned'>): void {
    this.recordLater('abandoned', fields);
  }

  /**
   * Records what is no request.
   *
   * @throws the file system's error, LogOverrunError
   */
  async record<Type extends AuditRecordType>(type: Type, fields: FieldsOf<Type>): Promise<number> {
    return this.#ports.log.append(this.#ports.payloads.of(type, fields));
  }

  /** Records that the server stops, signs the log and closes it. */
  async close(): Promise<void> {
    this.#strangers.endMinute();
    this.#lateSyncs.tell();
    await this.#interruption?.stop();
    try {
      // A log whose gap could not be recorded has not been closed in order.
      if (this.#interruption === undefined) await this.record('stop', {});
    } finally {
      this.#isClosed = true;
      await this.#ports.log.close();
    }
  }

  /** Tells that the log cannot take records until what it has is on the disk. */
  interruptedBy(cause: unknown): void {
    if (!this.#isClosed) this.#interrupt(cause);
  }

  #interrupt(cause: unknown): Interruption {
    this.#interruption ??= new Interruption(this.#ports, cause, () => {
      this.#interruption = undefined;
    });
    return this.#interruption;
  }

  /**
   * A health check may be answered: it says itself that nothing works. A stranger gets an error
   * anyway.
   */
  #withoutRecord(interruption: Interruption, type: RequestRecordType): void {
    if (this.#ports.onAuditFailure === 'serve') {
      interruption.countServed();
      return;
    }
    interruption.countRefused();
    if (type === 'key-operation') throw new AuditUnavailableError('the answer is withheld');
  }

  #notYetDurable(
    request: RequestEntry,
    { written: sequence, durable }: AppendSteps,
    error: AuditTimeoutError,
  ): number | undefined {
    void this.#interruptIfStuck(error);
    if (this.#ports.lateSync === 'answer' && sequence !== undefined) {
      this.#lateSyncs.count(durable);
      durable.catch((cause: unknown) => this.#interrupt(cause));
      return sequence;
    }
    this.#tellLater(request, durable);
    if (!this.#isServed(request)) throw error;
    return undefined;
  }

  async #interruptIfStuck(error: AuditTimeoutError): Promise<void> {
    const { log, lateSync = 'refuse' } = this.#ports;
    if (await log.isStuck(STUCK_SYNC_MS[lateSync])) this.#interrupt(error);
  }

  /** A failure is answered in any case: it gives nothing away that a record must go before. */
  #isServed({ status }: RequestEntry): boolean {
    return this.#ports.onAuditFailure === 'serve' || status >= FIRST_FAILURE;
  }

  /**
   * The record says how the request ended, so when it is written after all another one must say
   * that it did not.
   */
  #tellLater(request: RequestEntry, durable: Promise<number>): void {
    const isServed = this.#isServed(request);
    const { kmsRequestId } = request;
    durable.then(
      (record) => {
        if (!isServed) this.recordLater('abandoned', { record, kmsRequestId, reason: 'deadline' });
      },
      (cause: unknown) => {
        const interruption = this.#interrupt(cause);
        if (isServed) interruption.countServed();
        else interruption.countRefused();
      },
    );
  }

  /** Records what nobody waits for; where that cannot be done now, when it can be done again. */
  recordLater<Type extends AuditRecordType>(type: Type, fields: FieldsOf<Type>): void {
    const { log, payloads, logger } = this.#ports;
    const payload = payloads.of(type, fields);
    log.append(payload).catch((error: unknown) => {
      if (this.#isClosed) logger.error({ err: error, type, ...fields }, 'a record came too late');
      else this.#interrupt(error).hold(payload);
    });
  }
}

function typeOf({ isAuthenticated, operation }: RequestEntry): RequestRecordType {
  if (!isAuthenticated) return 'unauthenticated';
  return operation === HEALTH_OPERATION ? 'health-check' : 'key-operation';
}

function tooLate(overdueMs?: number): AuditTimeoutError {
  return new AuditTimeoutError('the audit record was not written by the deadline', overdueMs);
}

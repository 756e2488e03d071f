import type { Clock } from '../shared/clock.js';
import { IsoTime } from '../shared/iso-time.js';
import type { LogConfig } from './config.js';
import type { LogDestination } from './log-destination.js';
import type { Logger } from './logger.js';
import { FIRST_FAILURE, type RequestEntry } from './request-entry.js';
import type { StrangerLog } from './stranger-log.js';

/** The parts that a request log is made of. */
export interface RequestLogPorts {
  /** Its level decides what is written. */
  readonly logger: Logger;
  readonly destination: LogDestination;
  readonly clock: Clock;
  /** Shared with whoever else writes lines about strangers. */
  readonly strangers: StrangerLog;
  readonly requests: NonNullable<LogConfig['requests']>;
}

/**
 * Writes one line for one request: the fields of its record and no others, absent ones left out.
 * The lines look like pino's and share their destination, but are put together here: the audit
 * log needs the same fields as the same text, and pino would walk them once more.
 *
 * @see XKS Proxy API, section Logging
 */
export class RequestLog {
  readonly #ports: Omit<RequestLogPorts, 'requests'>;
  readonly #time: IsoTime;
  /** The requests that have a line. */
  requests: RequestLogPorts['requests'];

  constructor({ requests, ...ports }: RequestLogPorts) {
    this.#ports = ports;
    this.requests = requests;
    this.#time = new IsoTime(ports.clock);
  }

  write(request: RequestEntry): void {
    const { logger, destination, strangers } = this.#ports;
    const { requests } = this;
    const { status, isAuthenticated, errorName = 'none' } = request;
    if (requests === 'none' || (requests === 'failures' && status < FIRST_FAILURE)) return;
    const level = levelOf(status);
    if (!logger.isLevelEnabled(level)) return;
    if (!isAuthenticated && !strangers.isTold(errorName)) return;
    const head = `{"level":"${level}","time":"${this.#time.now()}","component":"request",`;
    destination.write(`${head}${request.json().slice(1)}\n`);
  }
}

/**
 * Chooses the level: info for success, warn for a fault of the client, 501 (too large) among them,
 * error for a fault of ours.
 */
function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status < FIRST_FAILURE) return 'info';
  return status < 500 || status === 501 ? 'warn' : 'error';
}

import type { Clock } from '../shared/clock.js';
import type { LogConfig } from './config.js';
import type { LogDestination } from './log-destination.js';
import { FailureLog } from './failure-log.js';
import { createLogger, type Logger } from './logger.js';
import { RequestLog } from './request-log.js';
import { StrangerLog } from './stranger-log.js';

/** Every logger there is. Each line says which of them wrote it, as `component`. */
export interface Loggers {
  /** Start, reload and stop of the process. */
  readonly process: Logger;
  /** Listeners: certificates, refused connections, defects of a handler. */
  readonly http: Logger;
  /** Lines that people without a credential cause: so many a minute, for all listeners. */
  readonly strangers: StrangerLog;
  /** Lines about why requests fail. */
  readonly failures: FailureLog;
  /** One line a request, and nothing else. */
  readonly requests: RequestLog;
  /** Health, damaged keys and versions of the key managers. */
  readonly keyManager: Logger;
  /** The audit log: failures to write, sign and ship it. */
  readonly audit: Logger;
  /** The state store: how this replica stands towards it. */
  readonly state: Logger;
  /** Events that people are told of, and the webhooks that get them. */
  readonly notifications: Logger;
  /** Administrative acts. */
  readonly admin: Logger;
  /** Takes another level, and other requests, for the lines from now on. */
  readonly configure: (config: LogConfig) => void;
}

/**
 * Makes them all, for one destination.
 *
 * @param hasAuditLog whether requests are told in full elsewhere
 */
export function declareLoggers(
  config: LogConfig,
  hasAuditLog: boolean,
  destination: LogDestination,
  clock: Clock,
): Loggers {
  const root = createLogger(config, destination);
  const http = root.child({ component: 'http' });
  const process = root.child({ component: 'process' });
  const strangers = new StrangerLog(http, clock);
  const requestsIn = ({ requests = hasAuditLog ? 'failures' : 'all' }: LogConfig) => requests;
  const ports = { logger: root, destination, clock, strangers, requests: requestsIn(config) };
  const requests = new RequestLog(ports);
  return {
    process,
    http,
    strangers,
    failures: new FailureLog(process, clock),
    requests,
    keyManager: root.child({ component: 'key-manager' }),
    audit: root.child({ component: 'audit' }),
    state: root.child({ component: 'state' }),
    notifications: root.child({ component: 'notifications' }),
    admin: root.child({ component: 'admin' }),
    configure(next) {
      // Children have their parent's level, whatever it is, as long as they are given none.
      root.level = next.level;
      requests.requests = requestsIn(next);
    },
  };
}

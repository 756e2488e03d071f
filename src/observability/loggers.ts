import type { Logger } from './logger.js';

/** Every logger there is. Each line says which of them wrote it, as `component`. */
export interface Loggers {
  /** Start, reload and stop of the process. */
  readonly process: Logger;
  /** Listeners: certificates, refused connections, defects of a handler. */
  readonly http: Logger;
  /** One line a request, and nothing else. */
  readonly request: Logger;
  /** Health, damaged keys and versions of the key managers. */
  readonly keyManager: Logger;
  /** What administrators did. */
  readonly admin: Logger;
}

/** Makes them all from one root. */
export function declareLoggers(root: Logger): Loggers {
  return {
    process: root.child({ component: 'process' }),
    http: root.child({ component: 'http' }),
    request: root.child({ component: 'request' }),
    keyManager: root.child({ component: 'key-manager' }),
    admin: root.child({ component: 'admin' }),
  };
}

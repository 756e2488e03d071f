import { appendFileSync } from 'node:fs';
import type { LogDestination } from '../../src/observability/log-destination.js';
import { createLogger, type Logger } from '../../src/observability/logger.js';
import { testLogPath } from './test-log.js';

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A logger whose lines a test can look at, as text and parsed. */
export interface CapturedLog {
  readonly logger: Logger;
  readonly destination: LogDestination;
  readonly text: () => string;
  readonly lines: () => LogLine[];
}

/** Makes a logger at level debug that keeps what it writes, also for the search for secrets. */
export function captureLog(): CapturedLog {
  const path = testLogPath('captured');
  let text = '';
  const destination = {
    write(line: string): void {
      text += line;
      appendFileSync(path, line);
    },
  };
  return {
    logger: createLogger({ level: 'debug' }, destination),
    destination,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
  };
}

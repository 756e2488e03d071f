import { createLogger, type Logger } from '../../src/observability/logger.js';

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A logger whose lines a test can look at, as text and parsed. */
export interface CapturedLog {
  readonly logger: Logger;
  readonly text: () => string;
  readonly lines: () => LogLine[];
}

/** Makes a logger at level debug that keeps what it writes. */
export function captureLog(): CapturedLog {
  let text = '';
  const destination = {
    write(line: string): void {
      text += line;
    },
  };
  return {
    logger: createLogger({ level: 'debug' }, destination),
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
  };
}

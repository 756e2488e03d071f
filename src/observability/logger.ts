import { pino, stdTimeFunctions, type Logger } from 'pino';
import { withoutLoneSurrogates } from '../shared/well-formed-json.js';
import type { LogConfig } from './config.js';
import type { LogDestination } from './log-destination.js';

export type { Logger } from 'pino';

/**
 * Makes the logger that all others descend from: one JSON object a line, with the level by name
 * and the time in UTC. Texts are well-formed Unicode.
 */
export function createLogger(config: LogConfig, destination: LogDestination): Logger {
  return pino(
    {
      level: config.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      hooks: { streamWrite: withoutLoneSurrogates },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

import { InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT } from './exit.js';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** `--from`: the beginning of a period, included, in ms since 1970. */
export function fromOption(): Option {
  return new Option(
    '--from <time>',
    'from then on: 2026-01-01 (UTC) or 2026-01-01T08:00Z',
  ).argParser(parseTime);
}

/** `--to`: the end of a period, not included, in ms since 1970. */
export function toOption(): Option {
  return new Option('--to <time>', 'until just before then').argParser(parseTime);
}

/** The options that begin and end a time, and how the end is told to be too early. */
const PERIODS = [
  ['from', 'to', '--to must be later than --from'],
  ['notBefore', 'notAfter', '--not-after must be later than --not-before'],
] as const;

/** @throws CliError for a time that ends before it begins: there is nothing in it */
export function requirePeriods(options: Readonly<Record<string, unknown>>): void {
  for (const [beginning, end, message] of PERIODS) {
    const [from, to] = [options[beginning], options[end]];
    if (typeof from === 'number' && typeof to === 'number' && from >= to) {
      throw new CliError(EXIT.usage, message);
    }
  }
}

/**
 * Reads a time that cannot be misunderstood: with its offset from UTC, or a day of UTC.
 *
 * @throws InvalidArgumentError, which commander tells as a mistake on the command line
 */
export function parseTime(text: string): number {
  const time = TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError(
      'A time is 2026-01-01 (midnight, UTC), 2026-01-01T08:00Z or 2026-01-01T09:00:00.000+01:00.',
    );
  }
  return time;
}

/** Whether the calendar has this day. `Date.parse` takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const midnight = Date.parse(day);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

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

/** @throws CliError for a period that ends before it begins: nothing could be found in it */
export function requirePeriod({
  from,
  to,
}: {
  readonly from?: unknown;
  readonly to?: unknown;
}): void {
  if (typeof from !== 'number' || typeof to !== 'number' || from < to) return;
  throw new CliError(EXIT.usage, '--to must be later than --from');
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

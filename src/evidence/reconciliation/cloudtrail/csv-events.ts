import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { MAX_CHARACTERS } from './bounds.js';
import { EVENT_JSON } from './carriers.js';
import { atPlace, InputProblem } from './input-problem.js';
import { parseObject } from './json-documents.js';
import type { RawEvent } from './json-events.js';
import { boundedLines } from './lines.js';

const MAX_NAMES = 5;

/**
 * Reads the events in query results of CloudTrail Lake as CSV, with a header, where a comma
 * separates.
 *
 * @throws InputProblem with its place
 * @see AWS CloudTrail User Guide, "Download your CloudTrail Lake saved query results"
 */
export async function* csvEvents(
  texts: AsyncIterable<string>,
): AsyncGenerator<RawEvent, void, undefined> {
  const rows = Readable.from(boundedLines(texts)).compose(
    parse({ max_record_size: MAX_CHARACTERS, skip_empty_lines: true }),
  ) as AsyncIterable<readonly string[]>;
  let column: number | undefined;
  let row = 0;
  try {
    for await (const fields of rows) {
      row += 1;
      if (column === undefined) column = columnOfEvent(fields);
      else yield eventIn(fields[column] ?? '', `row ${row}`);
    }
  } catch (error) {
    throw error instanceof CsvError ? new InputProblem(`is no CSV: ${error.message}`) : error;
  }
  if (column === undefined) throw new InputProblem('is empty');
}

function eventIn(text: string, place: string): RawEvent {
  return { event: atPlace(place, () => parseObject(text)), place };
}

function columnOfEvent(header: readonly string[]): number {
  const columns = header.map((name) => name.trim().toLowerCase());
  const column = columns.indexOf(EVENT_JSON);
  const names = header.slice(0, MAX_NAMES).map((name) => JSON.stringify(name.slice(0, 40)));
  if (column < 0) {
    throw new InputProblem(
      `is of no known format: as CSV it has no column eventJson in its first line, but ${names.join(', ')}`,
    );
  }
  if (!columns.includes(EVENT_JSON, column + 1)) return column;
  throw new InputProblem('has two columns eventJson');
}

import { contentsOf } from './contents.js';
import { CsvRows } from './csv-rows.js';
import { CloudTrailInputError } from '../input-error.js';
import { type JsonElement, JsonElements } from './json-elements.js';
import { isObject } from './trail-event.js';

const FORMATS =
  'a log file as CloudTrail delivers it ({"Records": […]}), an array of events, the output of ' +
  '"aws cloudtrail lookup-events" or "get-query-results", and query results of CloudTrail Lake in ' +
  'CSV; queries of Lake have to select eventJson';

/** Column of CloudTrail Lake that holds the whole event. */
const EVENT_JSON = 'eventjson';

/** How the elements of an array hold events, by the field of the document that holds the array. */
const EVENT_OF_ELEMENT: Readonly<Record<string, (element: unknown) => unknown>> = {
  '': (event) => event,
  Records: (event) => event,
  Events: (event) => parseText(fieldOf(event, 'cloudtrailevent')),
  QueryResultRows: (row) => parseText(fieldOf(mergeColumns(row), EVENT_JSON)),
};

/**
 * Every event of a file, in whichever of the known formats it is.
 *
 * @returns parsed JSON, not looked at any further
 * @throws CloudTrailInputError where the file cannot be read, is damaged or is of no known format
 */
export async function* readRawEvents(file: string): AsyncGenerator<unknown, void, undefined> {
  try {
    let cut: ((chunk: Buffer | undefined) => Iterable<unknown>) | undefined;
    for await (const chunk of contentsOf(file)) {
      cut ??= isJson(chunk) ? jsonCutter() : csvCutter();
      yield* cut(chunk);
    }
    if (cut === undefined) throw new SyntaxError('it is empty');
    yield* cut(undefined);
  } catch (cause) {
    if (cause instanceof UnknownFormatError) {
      throw new CloudTrailInputError(file, `its format is unknown; known are ${FORMATS}`);
    }
    throw new CloudTrailInputError(file, 'cannot be read as CloudTrail input', { cause });
  }
}

class UnknownFormatError extends Error {}

function isJson(chunk: Buffer): boolean {
  const [first] = chunk.toString('latin1').trimStart();
  return first === '{' || first === '[';
}

function jsonCutter(): (chunk: Buffer | undefined) => Iterable<unknown> {
  const elements = new JsonElements();
  return function* (chunk) {
    if (chunk !== undefined) {
      for (const element of elements.read(chunk)) yield eventOf(element);
      return;
    }
    elements.end();
    if (elements.fields.size === 0) throw new UnknownFormatError();
    for (const field of elements.fields) {
      if (!Object.hasOwn(EVENT_OF_ELEMENT, field)) throw new UnknownFormatError();
    }
  };
}

function eventOf({ field, text }: JsonElement): unknown {
  if (!Object.hasOwn(EVENT_OF_ELEMENT, field)) throw new UnknownFormatError();
  return EVENT_OF_ELEMENT[field]?.(JSON.parse(text));
}

function csvCutter(): (chunk: Buffer | undefined) => Iterable<unknown> {
  const rows = new CsvRows();
  let column: number | undefined;
  return function* (chunk) {
    for (const row of chunk === undefined ? rows.end() : rows.read(chunk)) {
      if (row.length === 1 && row[0] === '') continue;
      if (column !== undefined) yield parseText(row[column]);
      else column = columnOfEvent(row);
    }
    if (chunk === undefined && column === undefined) throw new UnknownFormatError();
  };
}

function columnOfEvent(header: readonly string[]): number {
  const column = header.findIndex((name) => name.trim().toLowerCase() === EVENT_JSON);
  if (column < 0) throw new UnknownFormatError();
  return column;
}

/** A row of query results is a list of objects with one column each. */
function mergeColumns(row: unknown): unknown {
  if (!Array.isArray(row)) return row;
  return Object.fromEntries(
    row.flatMap((column) => (isObject(column) ? Object.entries(column) : [])),
  );
}

/** The value of a field, however its name is capitalised. */
function fieldOf(value: unknown, lowerCaseName: string): unknown {
  if (!isObject(value)) throw new UnknownFormatError();
  const entry = Object.entries(value).find(([name]) => name.toLowerCase() === lowerCaseName);
  return entry?.[1];
}

function parseText(text: unknown): unknown {
  if (typeof text !== 'string') throw new UnknownFormatError();
  return JSON.parse(text);
}

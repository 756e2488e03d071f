import { eventOrEnvelope, problemOf, subscribedDocument } from './carriers.js';
import { DOCUMENT_KINDS, type DocumentKind, type DocumentRest } from './document-kinds.js';
import { atPlace, InputProblem } from './input-problem.js';
import { JsonDocuments, type JsonPart, JsonSyntaxError } from './json-documents.js';
import { isObject, withLowerCaseNames } from './trail-event.js';

const ARRAYS: ReadonlySet<string> = new Set(
  [...DOCUMENT_KINDS.keys()].filter((name) => name !== ''),
);

/** A thing in a file that should be an event, parsed and not looked at any further. */
export interface RawEvent {
  readonly event: unknown;
  /** Place in the file, such as `record 3`. */
  readonly place: string;
}

/** Names of the fields that a document of no known kind may be told by. */
const MAX_NAMES = 5;

/**
 * Finds the events in JSON documents of all known kinds. A document has to be of its kind wholly,
 * and an answer that has further pages has to be followed by them.
 */
export class JsonEvents {
  readonly #documents = new JsonDocuments(ARRAYS);
  #count = 0;
  #documentCount = 0;
  /** Number of events in the document that is being read. */
  #events = 0;
  #others = 0;
  /** The page before has a further one, of this kind. */
  #awaited: string | undefined;
  /** Rows of all the pages. */
  #rows = 0;

  /** Finds events, as far as they are there. @throws InputProblem with its place */
  *read(text: string): Generator<RawEvent, void, undefined> {
    yield* this.#found(this.#documents.read(text));
  }

  /** Ends the last document. @throws InputProblem, also where a page is missing */
  *end(): Generator<RawEvent, void, undefined> {
    yield* this.#found(this.#documents.end());
    if (this.#awaited !== undefined) throw missingPage(this.#documentCount);
    if (this.#documentCount === 0) throw new InputProblem('is empty');
  }

  *#found(parts: Iterable<JsonPart>): Generator<RawEvent, void, undefined> {
    for (const part of this.#placed(parts)) {
      if (part.kind === 'element') yield* this.#element(part.field, part.value);
      else yield* this.#document(part.field, part.value);
    }
  }

  /**
   * Passes parts on with their place. What is wrong with JSON itself is found with the whole file.
   */
  *#placed(parts: Iterable<JsonPart>): Generator<JsonPart, void, undefined> {
    try {
      yield* parts;
    } catch (error) {
      if (!(error instanceof InputProblem) || error instanceof JsonSyntaxError) throw error;
      throw error.at(`record ${this.#count + 1}`);
    }
  }

  *#element(field: string, element: unknown): Generator<RawEvent, void, undefined> {
    this.#count += 1;
    const place = `record ${this.#count}`;
    const event = atPlace(place, () => kindOf(field).event(element));
    if (event === undefined) {
      this.#others += 1;
      return;
    }
    this.#events += 1;
    yield { event, place };
  }

  *#document(field: string | undefined, value: unknown): Generator<RawEvent, void, undefined> {
    this.#documentCount += 1;
    const place = `document ${this.#documentCount}`;
    if (field === undefined) {
      if (this.#awaited !== undefined) throw missingPage(this.#documentCount - 1);
      yield* this.#single(value, place);
    } else {
      atPlace(place, () => {
        this.#endPage(field, value);
      });
    }
    [this.#events, this.#others] = [0, 0];
  }

  /** A document that is an event itself, has one in it, or a whole document of CloudWatch Logs. */
  *#single(value: unknown, place: string): Generator<RawEvent, void, undefined> {
    const subscribed = atPlace(place, () => subscribedDocument(value));
    if (subscribed !== undefined) {
      const inner = new JsonEvents();
      for (const { event } of [...inner.read(subscribed), ...inner.end()]) yield { event, place };
      return;
    }
    this.#count += 1;
    const event = atPlace(place, () => eventOrEnvelope(looksLikeEvent(value)));
    if (event !== undefined) yield { event, place: `record ${this.#count}` };
  }

  #endPage(field: string, value: unknown): void {
    const kind = kindOf(field);
    const rest = kind.rest.safeParse(value ?? {});
    if (!rest.success) throw new InputProblem(`is not all of ${kind.name}: ${problemOf(rest)}`);
    if (this.#awaited !== undefined && this.#awaited !== field) {
      throw missingPage(this.#documentCount - 1);
    }
    this.#rows = (this.#awaited === undefined ? 0 : this.#rows) + this.#events + this.#others;
    const token = rest.data.NextToken ?? rest.data.nextToken ?? '';
    this.#awaited = token === '' ? undefined : field;
    if (this.#awaited === undefined) checkRows(rest.data, this.#rows);
    checkMessages(rest.data, this.#events, this.#others);
  }
}

function kindOf(field: string): DocumentKind {
  const kind = DOCUMENT_KINDS.get(field);
  if (kind === undefined) throw new InputProblem(`has an array ${field}, which is no known one`);
  return kind;
}

/** @throws InputProblem for what is no event at all, with what it has instead */
function looksLikeEvent(value: unknown): unknown {
  if (!isObject(value)) throw new InputProblem('is no object');
  if (
    Object.hasOwn(value, 'detail-type') ||
    Object.hasOwn(withLowerCaseNames(value), 'eventversion')
  )
    return value;
  const names = Object.keys(value)
    .slice(0, MAX_NAMES)
    .map((name) => name.slice(0, 40));
  const hint = names.some((name) => /^next(?:Forward|Backward)Token$/.test(name))
    ? '; get-log-events does not tell whether that is all: use filter-log-events'
    : '';
  const found = names.length === 0 ? 'nothing' : names.join(', ');
  throw new InputProblem(`is of no known format: it has ${found}${hint}`);
}

function missingPage(document: number): InputProblem {
  return new InputProblem(
    `document ${document}: has a NextToken, so there are more pages, and the next one does not follow; ` +
      'fetch all of them, and put them into this file in their order',
  );
}

function checkRows({ QueryStatistics }: DocumentRest, rows: number): void {
  const total = QueryStatistics?.TotalResultsCount ?? rows;
  if (rows === total) return;
  throw new InputProblem(
    `has ${rows} rows of ${total}: fetch all pages, and put them into this file`,
  );
}

function checkMessages({ messageType }: DocumentRest, events: number, others: number): void {
  if (messageType === 'DATA_MESSAGE' && others > 0) {
    throw new InputProblem('is a DATA_MESSAGE with control messages in it');
  }
  if (messageType === 'CONTROL_MESSAGE' && events > 0) {
    throw new InputProblem('is a CONTROL_MESSAGE with events in it');
  }
}

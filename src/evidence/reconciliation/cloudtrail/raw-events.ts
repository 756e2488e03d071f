import { jsonVerifier, type VerifierError } from 'stream-json/core/utils/verifier.js';
import { none } from 'stream-chain/core';
import { UnreadableError } from '../../../audit/read/unreadable.js';
import { ReconciliationInputError, unusableInput } from '../input-error.js';
import { textOf } from './contents.js';
import { csvEvents } from './csv-events.js';
import { exportedEvents, isExport } from './exported-events.js';
import { InputProblem } from './input-problem.js';
import { JsonSyntaxError } from './json-documents.js';
import { JsonEvents, type RawEvent } from './json-events.js';

/**
 * Reads the events of a file in any of the known formats.
 *
 * @throws ReconciliationInputError that names the file and the place in it, where the file cannot
 *   be read, is damaged, or holds anything else
 */
export async function* readRawEvents(file: string): AsyncGenerator<RawEvent, void, undefined> {
  try {
    yield* eventsIn(file);
  } catch (cause) {
    if (cause instanceof JsonSyntaxError) {
      throw unusableInput(file, `is no JSON${await placeOfSyntaxError(file)}`);
    }
    if (cause instanceof InputProblem) throw unusableInput(file, cause.message);
    if (cause instanceof UnreadableError) throw unusableInput(file, cause.reason);
    if (cause instanceof ReconciliationInputError) throw cause;
    throw unusableInput(file, 'cannot be read', { cause });
  }
}

async function* eventsIn(file: string): AsyncGenerator<RawEvent, void, undefined> {
  const texts = textOf(file);
  try {
    let first = '';
    while (first === '') {
      const next = await texts.next();
      if (next.done === true) throw new InputProblem('is empty');
      first = next.value.trimStart();
    }
    const all = after(first, texts);
    if (/^[{[]/.test(first)) yield* jsonEvents(all);
    else if (isExport(first)) yield* exportedEvents(all);
    else yield* csvEvents(all);
  } finally {
    // Whoever stops at the first piece has not begun with the rest, and its file would stay open.
    await texts.return();
  }
}

async function* after(
  first: string,
  rest: AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  yield first;
  yield* rest;
}

async function* jsonEvents(
  texts: AsyncIterable<string>,
): AsyncGenerator<RawEvent, void, undefined> {
  const events = new JsonEvents();
  for await (const text of texts) yield* events.read(text);
  yield* events.end();
}

/** The parser is fast and does not count; the verifier does. */
async function placeOfSyntaxError(file: string): Promise<string> {
  const verify = jsonVerifier({ jsonStreaming: true }) as (text: string | typeof none) => unknown;
  try {
    for await (const text of textOf(file)) verify(text);
    verify(none);
  } catch (error) {
    if (!isVerifierError(error)) throw error;
    return ` at line ${error.line}, column ${error.pos}`;
  }
  return '';
}

function isVerifierError(error: unknown): error is VerifierError {
  return error instanceof Error && 'line' in error && 'pos' in error;
}

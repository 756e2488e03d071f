import { StateError } from './errors.js';
import {
  type BlockRequest,
  type DocumentChange,
  type DocumentName,
  MAX_DOCUMENT_BYTES,
  type UsesChange,
} from './store.js';

const COLLECTION = /^[a-z-]{1,40}$/;
const ID = /^[\x21-\x7e]{1,256}$/;

/** Checks the name of a document. @throws StateError `invalid` */
export function assertDocumentName({ collection, id }: DocumentName): void {
  assertCollection(collection);
  if (!ID.test(id)) throw invalid(`${shown(id)} is no id of a document: ${ALLOWED_ID}`);
}

/** Checks the name of a collection. @throws StateError `invalid` */
export function assertCollection(collection: string): void {
  if (COLLECTION.test(collection)) return;
  throw invalid(`${shown(collection)} is no name of a collection: 1 to 40 of a-z and "-"`);
}

/** Checks a change of a document, before anything else is done. @throws StateError `invalid` */
export function assertDocumentChange(change: DocumentChange): void {
  assertDocumentName(change);
  assertWhole('the format', change.format, 1);
  assertWhole('the revision that a change replaces', change.replaces, 0);
  if (change.contents !== undefined) assertContents(change, change.contents);
}

/** Checks what is told of uses. @throws StateError `invalid` */
export function assertUsesChange(change: UsesChange): void {
  assertDocumentName(change);
  assertWhole('the format', change.format, 1);
  assertContents(change, change.contents);
}

/** Checks the name of a counter. @throws StateError `invalid` */
export function assertCounterName(counter: string): void {
  if (!ID.test(counter)) throw invalid(`${shown(counter)} is no name of a counter: ${ALLOWED_ID}`);
}

/** Checks the start of a counter, or what it is raised by. @throws StateError `invalid` */
export function assertCount(count: number): void {
  assertWhole('a count', count, 0);
}

/** Checks the drawing of a block. @throws StateError `invalid` */
export function assertBlockRequest({ counter, size, limit }: BlockRequest): void {
  assertCounterName(counter);
  assertWhole('the size of a block', size, 1);
  assertWhole('the limit of a counter', limit, 0);
}

const ALLOWED_ID = '1 to 256 characters of printable ASCII without space';

function assertContents({ collection, id }: DocumentName, contents: string): void {
  const bytes = Buffer.byteLength(contents);
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw invalid(
      `the document ${collection}/${id} would have ${bytes} bytes; the most are ` +
        `${MAX_DOCUMENT_BYTES}`,
    );
  }
  // Half of a surrogate pair has no bytes in UTF-8; as an escape in the JSON it is well.
  if (!contents.isWellFormed()) throw invalid('the contents of a document are Unicode');
  try {
    JSON.parse(contents);
  } catch {
    throw invalid('the contents of a document are JSON'); // The contents are not for a message.
  }
}

function assertWhole(what: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw invalid(`${what} is a whole number from ${min}, not ${value}`);
}

function invalid(message: string): StateError {
  return new StateError('invalid', message);
}

/** As JSON, so that what cannot be printed is seen; cut, because it may be anything. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

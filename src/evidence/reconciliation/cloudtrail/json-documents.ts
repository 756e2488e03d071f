import { getManyValues, isMany, none } from 'stream-chain/core';
import { jsonParser, type Token, type TokenSource } from 'stream-json/core/parser.js';
import { MAX_CHARACTERS, MAX_DEPTH } from './bounds.js';
import { InputProblem } from './input-problem.js';

type Fields = Record<string, unknown>;
/** Its types leave out that it is ended with `none`. */
type Tokenizer = (text: string | typeof none) => ReturnType<TokenSource>;

/** A container that is being read. */
interface Open {
  /** `undefined` for an array whose elements are handed out. */
  readonly value: Fields | unknown[] | undefined;
  /** Name of the field that comes next in an object. */
  key: string;
}

/** A part of a sequence of JSON documents. */
export type JsonPart =
  | {
      readonly kind: 'element';
      /** Field of the document that holds the array; empty where the document is the array. */
      readonly field: string;
      readonly value: unknown;
    }
  | {
      readonly kind: 'document';
      /** The array whose elements were handed out before; `undefined` for a document without. */
      readonly field: string | undefined;
      /** The document without that array. */
      readonly value: unknown;
    };

/** JSON that JSON.parse would refuse as well. The message says nothing of the place. */
export class JsonSyntaxError extends InputProblem {}

/**
 * Reads JSON documents, one after the other, with or without blanks and line ends between them, and
 * hands out the elements of their outer arrays while it reads, so that a document of any size takes
 * no more memory than its largest element. A name that comes twice in an object is refused: readers
 * differ in which of the two they believe.
 */
export class JsonDocuments {
  readonly #arrays: ReadonlySet<string>;
  readonly #parser: Tokenizer;
  readonly #open: Open[] = [];
  #field: string | undefined;
  /** Characters of the element that is being read, and those without a token so far. */
  #size = 0;
  #waiting = 0;

  /** @param arrays names of fields of a document whose arrays are handed out by element */
  constructor(arrays: ReadonlySet<string>) {
    this.#arrays = arrays;
    const options = { packValues: true, streamValues: false, jsonStreaming: true };
    this.#parser = jsonParser(options) as Tokenizer;
  }

  /**
   * Hands out what is whole.
   *
   * @throws JsonSyntaxError; InputProblem for what is too large, too deep, or ambiguous
   */
  *read(text: string): Generator<JsonPart, void, undefined> {
    const tokens = this.#tokens(text);
    this.#waiting = tokens.length === 0 ? this.#waiting + text.length : 0;
    this.#limit(this.#waiting);
    for (const token of tokens) {
      const part = this.#take(token);
      if (part !== undefined) yield part;
    }
  }

  /** Ends the last document. @throws as for {@link read} */
  *end(): Generator<JsonPart, void, undefined> {
    for (const token of this.#tokens(none)) {
      const part = this.#take(token);
      if (part !== undefined) yield part;
    }
  }

  #tokens(text: string | typeof none): readonly Token[] {
    try {
      const tokens = this.#parser(text);
      return isMany(tokens) ? getManyValues(tokens) : [];
    } catch (cause) {
      throw new JsonSyntaxError('is no JSON', { cause });
    }
  }

  #take(token: Token): JsonPart | undefined {
    switch (token.name) {
      case 'keyValue':
        this.#count(token.value.length);
        this.#name(token.value);
        return undefined;
      case 'startObject':
        this.#begin({});
        return undefined;
      case 'startArray':
        this.#begin(this.#isHandedOut() ? undefined : []);
        return undefined;
      case 'endObject':
      case 'endArray':
        return this.#put(this.#open.pop()?.value);
      case 'stringValue':
        this.#count(token.value.length);
        return this.#put(token.value);
      case 'numberValue':
        this.#count(token.value.length);
        return this.#put(Number(token.value));
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        return this.#put(token.value);
      default:
        return undefined;
    }
  }

  #count(characters: number): void {
    this.#size += characters + 1;
    this.#limit(this.#size);
  }

  #limit(characters: number): void {
    if (characters <= MAX_CHARACTERS) return;
    throw new InputProblem(`is larger than ${MAX_CHARACTERS} characters`);
  }

  #begin(value: Open['value']): void {
    this.#count(1);
    if (this.#open.length >= MAX_DEPTH) {
      throw new InputProblem(`is nested deeper than ${MAX_DEPTH} levels`);
    }
    this.#open.push({ value, key: '' });
  }

  #name(key: string): void {
    const open = this.#open.at(-1);
    if (open?.value === undefined || Array.isArray(open.value)) return;
    // No value is undefined; what an object inherits is not, and is seldom the name of a field.
    const isThere = open.value[key] !== undefined && Object.hasOwn(open.value, key);
    if (isThere || (this.#open.length === 1 && key === this.#field)) {
      throw new InputProblem(`has the field ${JSON.stringify(key.slice(0, 100))} twice`);
    }
    open.key = key;
  }

  /** Notes the array that begins here as the one whose elements are handed out, if it is. */
  #isHandedOut(): boolean {
    const [document, ...others] = this.#open;
    if (this.#field !== undefined || others.length > 0) return false;
    if (document === undefined) {
      this.#field = '';
      return true;
    }
    if (Array.isArray(document.value) || !this.#arrays.has(document.key)) return false;
    this.#field = document.key;
    return true;
  }

  #put(value: unknown): JsonPart | undefined {
    const open = this.#open.at(-1);
    if (open === undefined) return this.#document(value);
    if (open.value === undefined) {
      this.#size = 0;
      return { kind: 'element', field: this.#field ?? '', value };
    }
    if (Array.isArray(open.value)) {
      this.#count(1);
      open.value.push(value);
    } else if (value !== undefined && open.key !== '__proto__') {
      // Assigned, that name would be no field.
      open.value[open.key] = value;
    }
    return undefined;
  }

  #document(value: unknown): JsonPart {
    const field = this.#field;
    this.#field = undefined;
    this.#size = 0;
    return { kind: 'document', field, value };
  }
}

const NO_ARRAYS: ReadonlySet<string> = new Set();

/**
 * Parses a text in a document, with the same care.
 *
 * @throws InputProblem for anything but one object
 */
export function parseObject(text: string): unknown {
  const documents = new JsonDocuments(NO_ARRAYS);
  const parts = [...documents.read(text), ...documents.end()];
  const [part] = parts;
  const isOne = part?.kind === 'document' && parts.length === 1;
  if (isOne && typeof part.value === 'object' && part.value !== null) return part.value;
  throw new InputProblem('is a text with something else than one JSON object');
}

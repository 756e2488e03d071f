import { inspect } from 'node:util';

const REDACTED = '[secret]';

/**
 * Text that must not be seen. It has to be asked for by name, and everything that prints
 * a value (template strings, `JSON.stringify`, `util.inspect`, pino) prints `[secret]`.
 */
export class Secret {
  readonly #text: string;
  #origin: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Its origin, as in `the file /etc/holdfast/master.key`; undefined where nobody said. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Says where it was read, for messages about it. */
  noteOrigin(origin: string): void {
    this.#origin = origin;
  }

  /** The text itself. Hand it to what needs it, at once, and keep no copy. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

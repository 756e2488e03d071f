import { SignatureError } from './failure.js';

/** A request's headers by lower-case name, with those that came more than once set apart. */
export class ReceivedHeaders {
  readonly #values = new Map<string, string>();
  readonly #repeated = new Set<string>();

  /** @param rawHeaders names and values in turn, as received */
  constructor(rawHeaders: readonly string[]) {
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase();
      if (this.#values.has(name)) this.#repeated.add(name);
      this.#values.set(name, rawHeaders[index + 1] ?? '');
    }
  }

  /**
   * The value of a header that counts for authentication. One that came twice is refused, because
   * a proxy on the way might have believed the other one.
   *
   * @returns `undefined` when the header is absent
   * @throws SignatureError `repeated-header`
   */
  single(name: string): string | undefined {
    if (this.#repeated.has(name)) throw new SignatureError('repeated-header');
    return this.#values.get(name);
  }
}

const MAX_ROW_CHARACTERS = 16 * 1024 * 1024;
/** A quoted field, a bare one, and what ends a field or a row. */
const TOKEN = /"[^"]*(?:""[^"]*)*"|[^",\r\n]+|,|\r\n|\n|\r/y;

/**
 * Cuts CSV (RFC 4180: quoted fields, quotes doubled in them) into rows while it is read.
 */
export class CsvRows {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #rest = '';

  /**
   * Whole rows, as far as they are there.
   *
   * @throws SyntaxError or TypeError for what is no CSV in UTF-8
   */
  *read(chunk: Buffer): Generator<readonly string[], void, undefined> {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    for (let row = this.#next(false); row !== undefined; row = this.#next(false)) yield row;
    if (this.#rest.length > MAX_ROW_CHARACTERS) throw new SyntaxError('a row has no end');
  }

  /** The last row, where it has no end of line. */
  *end(): Generator<readonly string[], void, undefined> {
    this.#rest += this.#decoder.decode();
    for (let row = this.#next(true); row !== undefined; row = this.#next(true)) yield row;
  }

  #next(last: boolean): readonly string[] | undefined {
    const fields: string[] = [];
    let field = '';
    TOKEN.lastIndex = 0;
    for (let token = TOKEN.exec(this.#rest); token !== null; token = TOKEN.exec(this.#rest)) {
      const [text] = token;
      const atEnd = TOKEN.lastIndex === this.#rest.length;
      if (text === '\n' || text === '\r\n' || (text === '\r' && !atEnd)) {
        this.#rest = this.#rest.slice(TOKEN.lastIndex);
        return [...fields, field];
      }
      if (text === ',') {
        fields.push(field);
        field = '';
      } else if (text !== '\r') field += fieldText(text);
    }
    return last ? this.#lastRow([...fields, field]) : undefined;
  }

  #lastRow(fields: readonly string[]): readonly string[] | undefined {
    if (this.#rest === '') return undefined;
    const quotes = this.#rest.split('"').length - 1;
    if (quotes % 2 === 1) throw new SyntaxError('it ends in the middle');
    this.#rest = '';
    return fields;
  }
}

function fieldText(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
}

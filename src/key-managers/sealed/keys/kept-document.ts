import { z } from 'zod';
import { parsedJson } from '../../../shared/parsed-json.js';
import { type KeyDocument, keyDocumentSchema } from './key-document.js';

/**
 * A key document in memory. As text it takes a fourth of what its objects would: there are
 * thousands, and few are read again after the start.
 */
export class KeptDocument {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Keeps a document. */
  static of(document: KeyDocument): KeptDocument {
    return new KeptDocument(JSON.stringify(document));
  }

  /** The schema of a document's text, which is kept as it is: another text each would count. */
  static readonly schema = z.string().transform((text, context): KeptDocument => {
    const { error } = keyDocumentSchema.safeParse(parsedJson(text));
    for (const { path, message } of error?.issues ?? []) {
      context.addIssue({ code: 'custom', path, message });
    }
    return new KeptDocument(text);
  });

  /** Makes the document of its text, anew each time. */
  read(): KeyDocument {
    return JSON.parse(this.#text) as KeyDocument;
  }

  /** Tells whether it says the same, in the same order. */
  equals(other: KeptDocument): boolean {
    return JSON.stringify(this) === JSON.stringify(other);
  }

  /** The document, for a text that it is a part of. */
  toJSON(): KeyDocument {
    return this.read();
  }
}

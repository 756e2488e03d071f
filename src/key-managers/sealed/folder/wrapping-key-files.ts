import { parsedJson } from '../../../shared/parsed-json.js';
import {
  type WrappingKeyDocument,
  type WrappingKeyPlace,
  wrappingKeySchema,
} from '../keys/wrapping-key-document.js';
import type { KeyFolder } from './key-folder.js';

/** The wrapping keys in a key folder: `wrapping-keys/` with a file for each. */
export class WrappingKeyFiles implements WrappingKeyPlace {
  readonly #folder: KeyFolder;

  constructor(folder: KeyFolder) {
    this.#folder = folder;
  }

  put(document: WrappingKeyDocument): Promise<void> {
    const text = `${JSON.stringify(document, null, 2)}\n`;
    return this.#folder.writeWrappingKey(document.wrappingKeyId, text);
  }

  async get(wrappingKeyId: string): Promise<WrappingKeyDocument | undefined> {
    const text = await this.#folder.readWrappingKey(wrappingKeyId);
    const { data } = wrappingKeySchema.safeParse(parsedJson(text ?? ''));
    return data?.wrappingKeyId === wrappingKeyId ? data : undefined;
  }

  async list(): Promise<readonly WrappingKeyDocument[]> {
    const ids = await this.#folder.wrappingKeyIds();
    const documents = await Promise.all(ids.map((id) => this.get(id)));
    return documents.filter((document) => document !== undefined);
  }

  remove(wrappingKeyId: string): Promise<void> {
    return this.#folder.removeWrappingKey(wrappingKeyId);
  }
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AtomicWrite } from '../../durable/atomic-write.js';
import { SealingError } from '../../sealing/errors.js';
import { type MasterKey, openingKey, type SealingKey } from '../../sealing/master-key.js';
import { scryptParametersSchema } from '../../sealing/scrypt-parameters.js';
import { type Binding, open, seal } from '../../sealing/seal.js';
import { ifThere } from '../../shared/errno.js';
import { parsedJson } from '../../shared/parsed-json.js';
import { StateError } from '../errors.js';
import type { HistoryMark, StoredDocument } from '../store.js';
import { assertNotNewer } from './newer-file.js';

/** Documents in one sealed part: sealing a part keeps requests waiting for a few milliseconds. */
const DOCUMENTS_A_PART = 200;

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const FORMAT = 1;

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  storeId: hex(32),
  revision: z.int().min(0),
  token: hex(32),
  storeFormat: z.int().min(1),
  savedAt: z.iso.datetime(),
  parts: z.int().min(0),
  sealing: z.strictObject({ masterKeyId: hex(16), scrypt: scryptParametersSchema.optional() }),
});

type Head = z.output<typeof headSchema>;

const partSchema = z.array(
  z.strictObject({
    collection: z.string(),
    id: z.string(),
    revision: z.int().min(1),
    format: z.int().min(1),
    contents: z.string().optional(),
  }),
);

/** The contents of the last copy. */
export interface CopyContents {
  readonly mark: HistoryMark;
  readonly storeFormat: number;
  readonly savedAt: Date;
  readonly documents: readonly StoredDocument[];
}

/**
 * The last copy of the state on a replica's own disk, sealed, for a start without the store: a
 * line that says which copy it is, and a compact JWE a line, each bound to that.
 */
export class LastCopy {
  readonly #path: string;
  readonly #masterKey: MasterKey;
  readonly #write: AtomicWrite;
  #sealingKey: SealingKey | undefined;

  constructor(path: string, masterKey: MasterKey, write: AtomicWrite) {
    this.#path = path;
    this.#masterKey = masterKey;
    this.#write = write;
  }

  /** Replaces the copy. @throws the file system's error */
  async write({ mark, storeFormat, savedAt, documents }: CopyContents): Promise<void> {
    this.#sealingKey ??= await this.#masterKey.create();
    const { id: masterKeyId, scrypt } = this.#sealingKey;
    const { storeId, revision, token } = mark;
    const head: Head = {
      format: FORMAT,
      storeId,
      revision,
      token,
      storeFormat,
      savedAt: savedAt.toISOString(),
      parts: Math.ceil(documents.length / DOCUMENTS_A_PART),
      sealing: { masterKeyId, scrypt },
    };
    const lines = [JSON.stringify(head)];
    for (let part = 0; part < head.parts; part += 1) {
      const from = part * DOCUMENTS_A_PART;
      const text = JSON.stringify(documents.slice(from, from + DOCUMENTS_A_PART));
      lines.push(await seal(this.#sealingKey, Buffer.from(text), bindingOf(head, part)));
    }
    await this.#write(this.#path, `${lines.join('\n')}\n`);
  }

  /**
   * Opens the copy.
   *
   * @returns undefined where there is none
   * @throws StateError `damaged`, `newer-version`; SealingError `wrong-master-key`; the file
   *   system's error
   */
  async read(): Promise<CopyContents | undefined> {
    const text = await ifThere(readFile(this.#path, 'utf8'));
    if (text === undefined) return undefined;
    const [first = '', ...parts] = text.trimEnd().split('\n');
    const parsed = parsedJson(first);
    const head = headSchema.safeParse(parsed).data;
    if (head === undefined) assertNotNewer(parsed, FORMAT, this.#path);
    if (head?.parts !== parts.length) throw this.#damaged();
    const sealingKey = await openingKey(this.#masterKey, head.sealing);
    const documents: StoredDocument[] = [];
    for (const [part, sealed] of parts.entries()) {
      documents.push(...(await this.#openPart(sealingKey, sealed, bindingOf(head, part))));
    }
    const { storeId, revision, token, storeFormat, savedAt } = head;
    const mark = { storeId, revision, token };
    return { mark, storeFormat, savedAt: new Date(savedAt), documents };
  }

  async #openPart(
    sealingKey: SealingKey,
    sealed: string,
    binding: Binding,
  ): Promise<readonly StoredDocument[]> {
    try {
      const bytes = await open(sealingKey, sealed, binding);
      const part = partSchema.parse(parsedJson(Buffer.from(bytes).toString('utf8')));
      return part.map((document) => ({ ...document, contents: document.contents }));
    } catch (cause) {
      if (cause instanceof SealingError || cause instanceof z.ZodError) throw this.#damaged(cause);
      throw cause;
    }
  }

  #damaged(cause?: unknown): StateError {
    const message = `${this.#path}, the last copy of the state, is damaged or was changed`;
    return new StateError('damaged', message, { cause });
  }
}

function bindingOf(
  { storeId, revision, token, storeFormat, savedAt, parts }: Head,
  part: number,
): Binding {
  return { storeId, revision, token, storeFormat, savedAt, parts, part };
}

import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { AtomicWrite } from '../../durable/atomic-write.js';
import { type MasterKey, openingKey, type SealingKey } from '../../sealing/master-key.js';
import { scryptParametersSchema } from '../../sealing/scrypt-parameters.js';
import { open, seal } from '../../sealing/seal.js';
import { ifThere } from '../../shared/errno.js';
import { parsedJson } from '../../shared/parsed-json.js';
import { type Block, blockSchema } from './block.js';
import { messageOf } from '../../shared/reason-of.js';

const fileSchema = z.strictObject({
  format: z.literal(1),
  masterKeyId: z.string(),
  scrypt: scryptParametersSchema.optional(),
  sealed: z.string(),
});

/** The owner of what is sealed, so that nothing else under the same key passes for it. */
const BINDING = { holds: 'blocks' };

const contentsSchema = z.array(blockSchema);

/** The blocks on this replica's disk cannot be read. */
export class KeptBlocksError extends Error {
  override readonly name = 'KeptBlocksError';

  /** @param reason without a full stop */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(
      `${path} has blocks that the state store may not have, and cannot be opened. Give ` +
        'state.sealing the key that sealed it, or remove the file and block anew what is to be ' +
        `blocked (${reason}).`,
      options,
    );
  }
}

/**
 * The blocks that the state store could not be told of yet: sealed, on this replica's own disk, so
 * that they survive a restart.
 */
export class KeptBlocks {
  readonly #path: string;
  readonly #masterKey: MasterKey;
  readonly #write: AtomicWrite;
  /** Made once: a passphrase takes a while to become a key. */
  #sealingKey: SealingKey | undefined;

  /** @param path of the file, in a private folder that exists */
  constructor(path: string, masterKey: MasterKey, write: AtomicWrite) {
    this.#path = path;
    this.#masterKey = masterKey;
    this.#write = write;
  }

  /**
   * @returns those that were written last; none where there is no file
   * @throws KeptBlocksError, with what to do
   */
  async read(): Promise<readonly Block[]> {
    const text = await ifThere(readFile(this.#path, 'utf8'));
    if (text === undefined) return [];
    try {
      const { sealed, ...under } = fileSchema.parse(parsedJson(text));
      const bytes = await open(await openingKey(this.#masterKey, under), sealed, BINDING);
      return contentsSchema.parse(parsedJson(Buffer.from(bytes).toString('utf8')));
    } catch (cause) {
      const reason = messageOf(cause);
      throw new KeptBlocksError(this.#path, reason, { cause });
    }
  }

  /** Replaces them all; without any, there is no file. @throws the file system's error */
  async write(blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0) {
      await rm(this.#path, { force: true });
      return;
    }
    this.#sealingKey ??= await this.#masterKey.create();
    const sealed = await seal(this.#sealingKey, Buffer.from(JSON.stringify(blocks)), BINDING);
    const { id: masterKeyId, scrypt } = this.#sealingKey;
    const file: z.infer<typeof fileSchema> = { format: 1, masterKeyId, scrypt, sealed };
    await this.#write(this.#path, `${JSON.stringify(file)}\n`);
  }
}

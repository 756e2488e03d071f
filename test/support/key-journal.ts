import { z } from 'zod';
import { KeyManagerError } from '../../src/key-managers/backend.js';
import type { PlacedKeys } from '../../src/key-managers/sealed/keys/placed-keys.js';
import { longDeadline } from './key-folder.js';

const hex = z.string().transform((text) => Buffer.from(text, 'hex'));

const encryptedSchema = z.object({
  event: z.literal('encrypted'),
  externalKeyId: z.string(),
  version: z.number(),
  materialName: hex,
  iv: hex,
  ciphertext: hex,
  tag: hex,
});

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready') }),
  z.object({ event: z.literal('created'), externalKeyId: z.string() }),
  encryptedSchema,
]);

type Encrypted = z.infer<typeof encryptedSchema>;

/** What the processes that worked on one key folder have told, and how it must show afterwards. */
export class KeyJournal {
  readonly #created = new Set<string>();
  /** By key id and version: how many, and the last one. */
  readonly #encrypted = new Map<string, { count: number; last: Encrypted }>();

  /** Takes down what one process told; a last line without an end was not told. */
  add(output: string): void {
    for (const line of output.split('\n').slice(0, -1)) this.#addEvent(line);
  }

  get keys(): number {
    return this.#created.size;
  }

  get encryptions(): number {
    return [...this.#encrypted.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Encryptions told of under one version of a key. */
  encryptionsOf(externalKeyId: string, version: number): number {
    return this.#encrypted.get(`${externalKeyId} ${version}`)?.count ?? 0;
  }

  /** @returns a sentence for every key that was told of and cannot be used */
  async missingKeys({ node }: PlacedKeys): Promise<string[]> {
    const problems: string[] = [];
    for (const externalKeyId of this.#created) {
      const describe = async () => node.describeKey(externalKeyId, longDeadline());
      const enabled = await describe().then(
        (description) => description.enabled,
        () => false,
      );
      if (!enabled) problems.push(`${externalKeyId} is lost`);
    }
    return problems;
  }

  /** @returns a sentence for every version with which something was encrypted that does not open */
  async unreadable({ node }: PlacedKeys): Promise<string[]> {
    const problems: string[] = [];
    for (const [name, { last }] of this.#encrypted) {
      const { externalKeyId, version, materialName } = last;
      const ref = { externalKeyId, version: { version, materialName } };
      try {
        const plaintext = await node.decrypt(ref, last, Buffer.alloc(0), longDeadline());
        if (plaintext.toString() !== externalKeyId)
          problems.push(`${name} opens to something else`);
      } catch (error) {
        if (!(error instanceof KeyManagerError)) throw error;
        problems.push(`${name} does not open: ${error.message}`);
      }
    }
    return problems;
  }

  #addEvent(line: string): void {
    const event = eventSchema.parse(JSON.parse(line));
    if (event.event === 'created') this.#created.add(event.externalKeyId);
    if (event.event !== 'encrypted') return;
    const name = `${event.externalKeyId} ${event.version}`;
    const count = (this.#encrypted.get(name)?.count ?? 0) + 1;
    this.#encrypted.set(name, { count, last: event });
  }
}

import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { MasterKey, SealingKey } from '../../../sealing/master-key.js';
import { openingKey } from '../../../sealing/master-key.js';
import { type Binding, open, seal } from '../../../sealing/seal.js';
import { type ImportWay, KeyManagerError, type WrappingKey } from '../../backend.js';
import type { KeyPorts } from './place.js';
import {
  isWrappingKeyId,
  type WrappingKeyDocument,
  type WrappingKeyPlace,
} from './wrapping-key-document.js';

const BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;
const ID_BYTES = 16;
/** An import token is valid for 24 hours: nobody uses a pair that is twice as old. */
const MAX_AGE_MS = 48 * 3_600_000;

const makeKeyPair = promisify(generateKeyPair);

/** Key pairs under which material is wrapped. The private halves are sealed like keys. */
export class WrappingKeys {
  readonly #masterKey: MasterKey;
  readonly #sealingKey: SealingKey;
  readonly #keyPorts: KeyPorts;

  /** @param sealingKey the key under which new documents are sealed */
  constructor(masterKey: MasterKey, sealingKey: SealingKey, keyPorts: KeyPorts) {
    this.#masterKey = masterKey;
    this.#sealingKey = sealingKey;
    this.#keyPorts = keyPorts;
  }

  /** Makes a pair, off the event loop. */
  async create({ wrappingKeySpec: spec }: ImportWay): Promise<WrappingKey> {
    const { place, ports } = this.#keyPorts;
    const { publicKey, privateKey } = await makeKeyPair('rsa', {
      modulusLength: BITS[spec],
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    try {
      const head = {
        wrappingKeyId: ports.randomBytes(ID_BYTES).toString('hex'),
        createdAt: new Date(ports.clock.now()).toISOString(),
        spec,
      };
      const sealed = await seal(this.#sealingKey, privateKey, bindingOf(head));
      const { id: masterKeyId, scrypt } = this.#sealingKey;
      const sealing = { masterKeyId, ...(scrypt && { scrypt }) };
      await place.wrappingKeys.put({ format: 1, ...head, sealing, privateKey: sealed });
      return { wrappingKeyId: head.wrappingKeyId, publicKey };
    } finally {
      privateKey.fill(0);
    }
  }

  /**
   * Opens the private half of a pair.
   *
   * @throws KeyManagerError `rejected` where there is none of this name; SealingError
   */
  async open(wrappingKeyId: string): Promise<KeyObject> {
    const { place } = this.#keyPorts;
    const isName = isWrappingKeyId(wrappingKeyId);
    const document = isName ? await place.wrappingKeys.get(wrappingKeyId) : undefined;
    if (document === undefined) {
      throw new KeyManagerError(
        'rejected',
        'the wrapping key is not there: it was used, or is too old. Ask for import parameters anew',
      );
    }
    const sealingKey = await openingKey(this.#masterKey, document.sealing);
    const der = await open(sealingKey, document.privateKey, bindingOf(document));
    try {
      const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
      return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    } finally {
      der.fill(0);
    }
  }

  /** Removes a pair. Does nothing where it is not there. */
  async destroy(wrappingKeyId: string): Promise<void> {
    if (!isWrappingKeyId(wrappingKeyId)) return;
    await this.#keyPorts.place.wrappingKeys.remove(wrappingKeyId);
  }

  /** Removes the pairs that nobody can use any more. */
  async destroyOld(): Promise<void> {
    const { place, ports } = this.#keyPorts;
    for (const { wrappingKeyId, createdAt } of await place.wrappingKeys.list()) {
      const ageMs = ports.clock.now() - Date.parse(createdAt);
      if (ageMs > MAX_AGE_MS) await place.wrappingKeys.remove(wrappingKeyId);
    }
  }
}

/** Makes the wrapping keys of one place those of another, and no more. */
export async function copyWrappingKeys(
  source: WrappingKeyPlace,
  target: WrappingKeyPlace,
): Promise<void> {
  const [wanted, there] = [await source.list(), await target.list()];
  const isIn = (many: readonly WrappingKeyDocument[], id: string) =>
    many.some(({ wrappingKeyId }) => wrappingKeyId === id);
  for (const document of wanted) {
    if (!isIn(there, document.wrappingKeyId)) await target.put(document);
  }
  for (const { wrappingKeyId } of there) {
    if (!isIn(wanted, wrappingKeyId)) await target.remove(wrappingKeyId);
  }
}

function bindingOf({
  wrappingKeyId,
  createdAt,
  spec,
}: Pick<WrappingKeyDocument, 'wrappingKeyId' | 'createdAt' | 'spec'>): Binding {
  return { document: 'wrapping key', wrappingKeyId, createdAt, spec };
}

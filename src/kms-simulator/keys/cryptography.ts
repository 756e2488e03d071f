import { createSecretKey, type KeyObject } from 'node:crypto';
import type { RandomBytes } from '../../shared/randomness.js';
import type {
  ExternalCryptography,
  ExternalKey,
} from '../custom-key-stores/external-cryptography.js';
import { openInside, sealInside } from '../custom-key-stores/sealed-blob.js';
import { KmsException } from '../exceptions.js';
import { packBlob, unpackBlob } from './blob.js';
import { requireNoDryRun } from './dry-run.js';
import type { KeyRing, Resolving } from './key-ring.js';
import type { KeyRecord, Material } from './records.js';

const MATERIAL_ID_BYTES = 32;
const MAX_CONTEXT_BYTES = 8192;

/** The ports of the cryptography with KMS keys. */
export interface CryptographyPorts {
  readonly keys: KeyRing;
  readonly external: ExternalCryptography;
  readonly randomBytes: RandomBytes;
}

/** A call that uses a key. */
export interface Use extends Omit<Resolving, 'need' | 'byAlias' | 'acrossAccounts'> {
  readonly context: Readonly<Record<string, string>>;
  readonly algorithm: string;
  readonly isDryRun: boolean;
}

/** The result of an encryption. */
export interface Encrypted {
  readonly blob: Buffer;
  readonly keyArn: string;
  readonly materialId: string | undefined;
}

/** The result of a decryption. */
export interface Decrypted {
  readonly plaintext: Buffer;
  readonly keyArn: string;
  readonly materialId: string | undefined;
}

/** Encryption and decryption with KMS keys, ordinary ones and those of external key stores. */
export class Cryptography {
  readonly #ports: CryptographyPorts;
  readonly #innerKeys = new Map<string, KeyObject>();

  constructor(ports: CryptographyPorts) {
    this.#ports = ports;
  }

  /** @throws KmsException */
  async encrypt(keyName: string, plaintext: Buffer, use: Use): Promise<Encrypted> {
    const { keys, external, randomBytes } = this.#ports;
    const record = await this.#resolve(keyName, use);
    const aad = contextBytes(use.context);
    requireNoDryRun(use.isDryRun);
    const keyArn = keys.arnOf(record);
    const outer = { keyId: record.id, account: record.account };
    if (record.external !== undefined) {
      const key = this.#externalKey(record, record.external);
      const sealed = await external.encrypt(key, plaintext, aad, use.call);
      return { blob: packBlob({ ...outer, sealed }), keyArn, materialId: undefined };
    }
    const material = currentMaterial(record);
    const bound = Buffer.concat([Buffer.from(`${keyArn}\n`), aad]);
    const inner = sealInside(this.#innerKey(material), plaintext, bound, randomBytes);
    const sealed = Buffer.concat([Buffer.from(material.id, 'hex'), inner]);
    return { blob: packBlob({ ...outer, sealed }), keyArn, materialId: material.id };
  }

  /**
   * @param keyName the key that the caller expects; undefined for the one that the blob names
   * @throws KmsException
   */
  async decrypt(blob: Buffer, keyName: string | undefined, use: Use): Promise<Decrypted> {
    const { keys, external } = this.#ports;
    const { keyId, account, sealed } = unpackBlob(blob);
    const record = await this.#named(keyId, account, keyName, use);
    const aad = contextBytes(use.context);
    const keyArn = keys.arnOf(record);
    if (record.external !== undefined) {
      requireNoDryRun(use.isDryRun);
      const key = this.#externalKey(record, record.external);
      const plaintext = await external.decrypt(key, sealed, aad, use.call);
      return { plaintext, keyArn, materialId: undefined };
    }
    const materialId = sealed.toString('hex', 0, MATERIAL_ID_BYTES);
    const material = record.materials.find(({ id }) => id === materialId);
    const bound = Buffer.concat([Buffer.from(`${keyArn}\n`), aad]);
    const inner = sealed.subarray(MATERIAL_ID_BYTES);
    const plaintext = material && openInside(this.#innerKey(material), inner, bound);
    if (plaintext === undefined) throw new KmsException('InvalidCiphertextException', '');
    requireNoDryRun(use.isDryRun);
    return { plaintext, keyArn, materialId };
  }

  /** The key that a blob names, which has to be the one that the caller names, if he does. */
  async #named(
    keyId: string,
    account: string,
    keyName: string | undefined,
    use: Use,
  ): Promise<KeyRecord> {
    if (keyName !== undefined) {
      const record = await this.#resolve(keyName, use);
      if (record.id === keyId) return record;
      throw new KmsException(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    const { keys } = this.#ports;
    const record = await keys.find(keyId);
    if (record?.account !== account) {
      throw new KmsException(
        'AccessDeniedException',
        'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      );
    }
    return this.#resolve(keys.arnOf(record), use);
  }

  async #resolve(keyName: string, use: Use): Promise<KeyRecord> {
    const { keys } = this.#ports;
    const resolving = { ...use, need: 'use', byAlias: true, acrossAccounts: true } as const;
    const record = await keys.resolve(keyName, resolving);
    if (use.algorithm === 'SYMMETRIC_DEFAULT') return record;
    throw new KmsException(
      'InvalidKeyUsageException',
      `Algorithm ${use.algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.`,
    );
  }

  #externalKey(
    record: KeyRecord,
    external: { readonly customKeyStoreId: string; readonly xksKeyId: string },
  ): ExternalKey {
    const innerKey = this.#innerKey(currentMaterial(record));
    return { arn: this.#ports.keys.arnOf(record), ...external, innerKey };
  }

  #innerKey({ id, key }: Material): KeyObject {
    let innerKey = this.#innerKeys.get(id);
    if (innerKey === undefined) {
      innerKey = createSecretKey(key, 'base64');
      this.#innerKeys.set(id, innerKey);
    }
    return innerKey;
  }
}

/** The encryption context in the one form that its pairs have, whatever their order. */
function contextBytes(context: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = pairs.length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify(pairs));
  if (bytes.length <= MAX_CONTEXT_BYTES) return bytes;
  throw new KmsException(
    'ValidationException',
    `1 validation error detected: Value at 'encryptionContext' failed to satisfy constraint: its serialized length must be less than or equal to ${String(MAX_CONTEXT_BYTES)}`,
  );
}

function currentMaterial({ materials, id }: KeyRecord): Material {
  const material = materials.at(-1);
  if (material === undefined) throw new Error(`The key ${id} has no material.`);
  return material;
}

import { KmsException } from '../exceptions.js';

const MAGIC = Buffer.from('HKS1');
const UUID_BYTES = 16;
const ACCOUNT_CHARACTERS = 12;
const HEAD_BYTES = MAGIC.length + UUID_BYTES + ACCOUNT_CHARACTERS;

/** A ciphertext blob: the key that it names, and the rest, which only that key can read. */
export interface Blob {
  readonly keyId: string;
  readonly account: string;
  readonly sealed: Buffer;
}

/** Writes a blob: four letters, the key's UUID in 16 bytes, the account in 12 digits, the rest. */
export function packBlob({ keyId, account, sealed }: Blob): Buffer {
  const uuid = Buffer.from(keyId.replaceAll('-', ''), 'hex');
  return Buffer.concat([MAGIC, uuid, Buffer.from(account), sealed]);
}

/** @throws KmsException for bytes that the simulator has not made */
export function unpackBlob(blob: Buffer): Blob {
  if (blob.length <= HEAD_BYTES || !blob.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new KmsException('InvalidCiphertextException', '');
  }
  const hex = blob.toString('hex', MAGIC.length, MAGIC.length + UUID_BYTES);
  const groups = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex)?.slice(1) ?? [];
  return {
    keyId: groups.join('-'),
    account: blob.toString('latin1', MAGIC.length + UUID_BYTES, HEAD_BYTES),
    sealed: blob.subarray(HEAD_BYTES),
  };
}

import {
  createHmac,
  createSecretKey,
  type KeyObject,
  type ScryptOptions,
  scrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64 } from '../shared/bytes.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { Secret } from '../shared/secret.js';
import { SealingError } from './errors.js';
import { DEFAULT_SCRYPT_COST, SALT_BYTES, type ScryptParameters } from './scrypt-parameters.js';

const MASTER_KEY_BYTES = 32;
const MASTER_KEY_ID_BYTES = 8;
const MASTER_KEY_ID_LABEL = 'holdfast master key id';

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** The source of the master key: 32 bytes in standard base64, or a passphrase for scrypt. */
export type MasterKeySource = { readonly key: Secret } | { readonly passphrase: Secret };

/** A 256-bit key that seals, and how to arrive at it again. */
export interface SealingKey {
  /** 16 hexadecimal digits that tell this master key from any other. Not secret. */
  readonly id: string;
  readonly key: KeyObject;
  /** The parameters that derived the key from a passphrase; undefined for a key given as bytes. */
  readonly scrypt: ScryptParameters | undefined;
}

/**
 * The one secret from which everything sealed can be opened. A passphrase gives another key for
 * every salt, so a caller says which one it needs; each is derived once and then remembered.
 */
export interface MasterKey {
  /** Kind and origin of the secret, as in `the passphrase from the file /etc/…`. */
  readonly name: string;
  /**
   * The key that a document was sealed under.
   *
   * @param parameters as stored with the document; undefined where it names none
   * @throws SealingError `wrong-master-key` for a document sealed under the other kind of source
   */
  derive(parameters: ScryptParameters | undefined): Promise<SealingKey>;
  /** A key for the first document of all; with a passphrase, under a salt of its own. */
  create(): Promise<SealingKey>;
}

/**
 * @param randomBytes gives the salt
 * @throws SealingError `invalid-master-key` when the key is not 32 bytes of standard base64,
 *   or the passphrase is empty
 */
export function masterKeyFrom(source: MasterKeySource, randomBytes: RandomBytes): MasterKey {
  if ('key' in source) return givenKey(source.key);
  return passphraseKeys(source.passphrase, randomBytes);
}

function givenKey(text: Secret): MasterKey {
  const bytes = decodeBase64(text.reveal());
  if (bytes?.length !== MASTER_KEY_BYTES) {
    throw new SealingError(
      'invalid-master-key',
      'The master key is not 32 bytes of standard base64 (44 characters). ' +
        'One can be made with: openssl rand -base64 32',
    );
  }
  const sealingKey = sealingKeyOf(bytes, undefined);
  const name = nameOf('key', text);
  return {
    name,
    derive: async (parameters) => {
      if (parameters === undefined) return sealingKey;
      throw new SealingError(
        'wrong-master-key',
        `sealed under a passphrase, while the configuration gives ${name}`,
      );
    },
    create: async () => sealingKey,
  };
}

function passphraseKeys(passphrase: Secret, randomBytes: RandomBytes): MasterKey {
  if (passphrase.reveal() === '') {
    throw new SealingError('invalid-master-key', 'The passphrase of the master key is empty.');
  }
  const name = nameOf('passphrase', passphrase);
  const derived = new Map<string, Promise<SealingKey>>();

  const derive = async (parameters: ScryptParameters | undefined): Promise<SealingKey> => {
    if (parameters === undefined) {
      throw new SealingError(
        'wrong-master-key',
        `sealed under a key, while the configuration gives ${name}`,
      );
    }
    const { salt, N, r, p } = parameters;
    const parts = [salt, N, r, p].join(' ');
    const known = derived.get(parts) ?? deriveSealingKey(passphrase, parameters);
    derived.set(parts, known);
    return known;
  };
  const create = () =>
    derive({ salt: randomBytes(SALT_BYTES).toString('base64'), ...DEFAULT_SCRYPT_COST });

  return { name, derive, create };
}

/** A sealed document's words about the key that opens it. */
export interface SealedUnder {
  readonly masterKeyId: string;
  readonly scrypt?: ScryptParameters | undefined;
}

/**
 * The key that opens a document.
 *
 * @throws SealingError `wrong-master-key` with both ids, and what to do
 */
export async function openingKey(
  masterKey: MasterKey,
  { masterKeyId, scrypt: parameters }: SealedUnder,
): Promise<SealingKey> {
  const sealingKey = await masterKey.derive(parameters);
  if (sealingKey.id === masterKeyId) return sealingKey;
  const itsId = parameters === undefined ? 'has the id' : 'gives, with its salt, the id';
  throw new SealingError(
    'wrong-master-key',
    `sealed under the master key with the id ${masterKeyId}, while ${masterKey.name} ${itsId} ` +
      `${sealingKey.id}; give it the master key ${masterKeyId}, or restore the backup that was ` +
      `made under ${sealingKey.id}`,
  );
}

function nameOf(kind: 'key' | 'passphrase', { origin }: Secret): string {
  return origin === undefined ? `the configured ${kind}` : `the ${kind} from ${origin}`;
}

async function deriveSealingKey(
  passphrase: Secret,
  parameters: ScryptParameters,
): Promise<SealingKey> {
  const { salt, N, r, p } = parameters;
  // scrypt needs 128·N·r bytes and a little; Node's own limit of 32 MiB is far below that.
  const options = { N, r, p, maxmem: 256 * N * r };
  const bytes = await deriveKey(
    passphrase.reveal(),
    Buffer.from(salt, 'base64'),
    MASTER_KEY_BYTES,
    options,
  );
  return sealingKeyOf(bytes, parameters);
}

/** Takes the bytes over: they are zero afterwards. */
function sealingKeyOf(bytes: Buffer, parameters: ScryptParameters | undefined): SealingKey {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  const digest = createHmac('sha256', key).update(MASTER_KEY_ID_LABEL).digest();
  return {
    id: digest.subarray(0, MASTER_KEY_ID_BYTES).toString('hex'),
    key,
    scrypt: parameters,
  };
}

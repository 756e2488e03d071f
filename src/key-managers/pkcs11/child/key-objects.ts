import type { Template } from 'pkcs11js';
import type { KeyUsage } from '../../backend.js';
import type { KeyLookup } from '../key-naming.js';
import { isDeadHandle } from './cryptoki-error.js';
import type { Cryptoki, CryptokiHandle } from './cryptoki.js';
import { type MaterialName, materialNameOf } from './material-name.js';
import { TokenFailure } from './token-failure.js';

const AES_256_BYTES = 32;

/** A secret key object of the token, with its attributes. */
export interface KeyObject {
  readonly handle: CryptokiHandle;
  readonly label: string;
  /** CKA_ID as text. */
  readonly id: string;
  readonly usage: readonly KeyUsage[];
  /** True for material that the token made; absent where it does not tell. */
  readonly isLocal?: boolean;
  /** Reason why Holdfast cannot use the object; absent for an AES-256 key. */
  readonly problem?: string;
}

/** An AES-256 key with the name of its material. */
export interface NamedKeyObject extends KeyObject {
  readonly name: MaterialName;
}

/** The secret keys of one token, through one session. */
export class KeyObjects {
  readonly #cryptoki: Cryptoki;
  readonly #session: CryptokiHandle;

  constructor(cryptoki: Cryptoki, session: CryptokiHandle) {
    this.#cryptoki = cryptoki;
    this.#session = session;
  }

  /** @returns all secret keys with these attributes, of every key type */
  find(lookup: KeyLookup): KeyObject[] {
    const { CKA_CLASS, CKO_SECRET_KEY, CKA_LABEL, CKA_ID } = this.#cryptoki.constants;
    const template: Template = [{ type: CKA_CLASS, value: CKO_SECRET_KEY }];
    if (lookup.label !== undefined) template.push({ type: CKA_LABEL, value: lookup.label });
    if (lookup.id !== undefined) template.push({ type: CKA_ID, value: Buffer.from(lookup.id) });
    return this.#cryptoki
      .find(this.#session, template)
      .map((handle) => this.#unlessGone(handle))
      .filter((object) => object !== undefined);
  }

  /**
   * Finds the key with these attributes.
   *
   * @returns undefined where there is none; that may mean that the token is broken
   * @throws TokenFailure `misconfigured` for several, `unsupported` for one that is not AES-256
   */
  findOne(lookup: KeyLookup): NamedKeyObject | undefined {
    const [object, ...others] = this.find(lookup);
    if (object === undefined) return undefined;
    if (others.length > 0) throw ambiguous(lookup, others.length + 1);
    if (object.problem !== undefined) throw new TokenFailure('unsupported', object.problem);
    return this.withName(object);
  }

  withName(object: KeyObject): NamedKeyObject {
    return { ...object, name: materialNameOf(this.#cryptoki, this.#session, object) };
  }

  /**
   * Returns the attributes of an AES key that never leaves the token.
   *
   * @param isLasting false for a key that ends with the session
   */
  template(lookup: KeyLookup, usage: readonly KeyUsage[], isLasting = true): Template {
    const c = this.#cryptoki.constants;
    return [
      { type: c.CKA_CLASS, value: c.CKO_SECRET_KEY },
      { type: c.CKA_KEY_TYPE, value: c.CKK_AES },
      { type: c.CKA_TOKEN, value: isLasting },
      { type: c.CKA_PRIVATE, value: true },
      { type: c.CKA_SENSITIVE, value: true },
      { type: c.CKA_EXTRACTABLE, value: false },
      { type: c.CKA_ENCRYPT, value: usage.includes('ENCRYPT') },
      { type: c.CKA_DECRYPT, value: usage.includes('DECRYPT') },
      { type: c.CKA_WRAP, value: false },
      { type: c.CKA_UNWRAP, value: false },
      { type: c.CKA_LABEL, value: lookup.label ?? '' },
      ...(lookup.id === undefined ? [] : [{ type: c.CKA_ID, value: Buffer.from(lookup.id) }]),
    ];
  }

  /** Describes an object that has just been made. */
  made(handle: CryptokiHandle): KeyObject {
    return this.#describe(handle);
  }

  /** Tells whether an object says of itself that its value never leaves the token. */
  neverLeaves({ handle }: Pick<KeyObject, 'handle'>): boolean {
    const { CKA_SENSITIVE, CKA_EXTRACTABLE } = this.#cryptoki.constants;
    const isSet = (type: number) => isTrue(this.#cryptoki.attribute(this.#session, handle, type));
    return isSet(CKA_SENSITIVE) && !isSet(CKA_EXTRACTABLE);
  }

  /** Lets a key encrypt. */
  allowEncryption({ handle }: KeyObject): void {
    const { CKA_ENCRYPT } = this.#cryptoki.constants;
    this.#cryptoki.setAttribute(this.#session, handle, { type: CKA_ENCRYPT, value: true });
  }

  /** Generates an AES-256 key that cannot be extracted from the token. */
  generate(lookup: KeyLookup, usage: readonly KeyUsage[]): NamedKeyObject {
    const { CKA_VALUE_LEN } = this.#cryptoki.constants;
    const handle = this.#cryptoki.generateAesKey(this.#session, [
      ...this.template(lookup, usage),
      { type: CKA_VALUE_LEN, value: AES_256_BYTES },
    ]);
    return this.withName(this.#describe(handle));
  }

  /** Changes the CKA_ID of a key. */
  setId({ handle }: KeyObject, id: string): void {
    const { CKA_ID } = this.#cryptoki.constants;
    this.#cryptoki.setAttribute(this.#session, handle, { type: CKA_ID, value: Buffer.from(id) });
  }

  /** Destroys a key. */
  destroy({ handle }: KeyObject): void {
    this.#cryptoki.destroy(this.#session, handle);
  }

  /** Describes an object; undefined where another process has destroyed it meanwhile. */
  #unlessGone(handle: CryptokiHandle): KeyObject | undefined {
    try {
      return this.#describe(handle);
    } catch (error) {
      if (isDeadHandle(error)) return undefined;
      throw error;
    }
  }

  #describe(handle: CryptokiHandle): KeyObject {
    const c = this.#cryptoki.constants;
    const read = (type: number) => this.#cryptoki.attribute(this.#session, handle, type);
    const label = read(c.CKA_LABEL)?.toString() ?? '';
    const usage: KeyUsage[] = [];
    if (isTrue(read(c.CKA_ENCRYPT))) usage.push('ENCRYPT');
    if (isTrue(read(c.CKA_DECRYPT))) usage.push('DECRYPT');
    const isAes256 =
      numberIn(read(c.CKA_KEY_TYPE)) === c.CKK_AES &&
      numberIn(read(c.CKA_VALUE_LEN)) === AES_256_BYTES;
    const local = read(c.CKA_LOCAL);
    const origin = local === undefined ? {} : { isLocal: isTrue(local) };
    const problem = isAes256 ? {} : { problem: `the secret key ${label} is not an AES-256 key` };
    return { handle, label, id: read(c.CKA_ID)?.toString() ?? '', usage, ...origin, ...problem };
  }
}

/** The failure for several objects of one key: Holdfast does not guess which one is meant. */
export function ambiguous(lookup: KeyLookup, matches: number): TokenFailure {
  return new TokenFailure(
    'misconfigured',
    `${matches} objects of the token have ${JSON.stringify(lookup)}; there must be one`,
  );
}

function isTrue(value: Buffer | undefined): boolean {
  return value?.some((byte) => byte !== 0) ?? false;
}

function numberIn(value: Buffer | undefined): number | undefined {
  return value === undefined || value.length < 4 ? undefined : value.readUInt32LE();
}

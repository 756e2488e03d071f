import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type KeyUsage,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { proveRoundTrip } from '../health-test.js';
import type { EncryptionCounts } from './encryption-counts.js';
import type { KeyDirectory } from './key-directory.js';
import type { Encryption, Target } from './token-cipher.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import { messageOf } from '../../shared/reason-of.js';

/** Failures that may mean that the key has changed since it was read. */
const CHANGED: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'version-not-found',
  'usage-denied',
  'misconfigured',
  'unsupported',
]);

/** The node of one token. */
export class Pkcs11Node implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly inProcess = false;
  readonly #token: Pkcs11Token;
  readonly #directory: KeyDirectory;

  constructor(token: Pkcs11Token) {
    this.name = token.name;
    this.location = token.location;
    this.#token = token;
    this.#directory = token.directory;
  }

  /** Undefined where the token chooses the IVs. */
  get counts(): EncryptionCounts | undefined {
    return this.#token.counts;
  }

  get vendor(): string {
    return this.#token.report?.manufacturer ?? this.#token.profile.vendor;
  }

  get model(): string {
    return this.#token.report?.model ?? 'PKCS#11 token';
  }

  async describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#directory.get(externalKeyId, deadline)).description;
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#directory.getAnew(externalKeyId, deadline)).description;
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    return this.#encrypt(ref, { operation: 'encrypt', plaintext, aad }, deadline);
  }

  encryptAndTry(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    return this.#encrypt(ref, { operation: 'encryptAndTry', plaintext, aad }, deadline);
  }

  #encrypt(ref: KeyRef, encryption: Encryption, deadline: Deadline): Promise<Sealed> {
    const { cipher, client } = this.#token;
    const work = (target: Target) => cipher.encrypt(client, target, encryption, deadline);
    return this.#use(ref, 'ENCRYPT', deadline, work);
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    const { cipher, client } = this.#token;
    const work = (target: Target) => cipher.decrypt(client, target, { sealed, aad }, deadline);
    return this.#use(ref, 'DECRYPT', deadline, work);
  }

  async #use<T>(
    ref: KeyRef,
    usage: KeyUsage,
    deadline: Deadline,
    work: (target: Target) => Promise<T>,
  ): Promise<T> {
    const { externalKeyId, version } = ref;
    const directory = this.#directory;
    const { lookups } =
      directory.usableNow(ref, usage) ?? (await directory.usable(ref, usage, deadline));
    const lookup = lookups.get(version.version);
    if (lookup === undefined) throw new KeyManagerError('internal', 'a version without an object');
    try {
      return await work({ externalKeyId, version, lookup });
    } catch (error) {
      const mayHaveChanged = error instanceof KeyManagerError && CHANGED.has(error.code);
      if (mayHaveChanged) directory.forget(externalKeyId);
      throw error;
    }
  }

  async checkHealth(deadline: Deadline): Promise<NodeHealth> {
    const failure = await this.#roundTrip(deadline);
    const problems = [...this.#token.problems, ...(failure === undefined ? [] : [failure])];
    if (problems.length === 0) return { status: 'ACTIVE' };
    const status = failure === undefined ? 'DEGRADED' : 'UNAVAILABLE';
    return { status, detail: problems.join('; ') };
  }

  close(): Promise<void> {
    return this.#token.close();
  }

  /** @returns the failure of the test key; undefined where it works */
  async #roundTrip(deadline: Deadline): Promise<string | undefined> {
    try {
      await proveRoundTrip(this, deadline);
      return undefined;
    } catch (error) {
      return `the test key: ${messageOf(error)}`;
    }
  }
}

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
import type { KeyDirectory, KnownKey } from './key-directory.js';
import type { Encryption, Target } from './token-cipher.js';
import type { Pkcs11Token } from './pkcs11-token.js';

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

  get vendor(): string {
    return this.#token.report?.manufacturer ?? this.#token.profile.vendor;
  }

  get model(): string {
    return this.#token.report?.model ?? 'PKCS#11 token';
  }

  async describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#directory.find(externalKeyId, deadline)).description;
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#directory.findAnew(externalKeyId, deadline)).description;
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    return this.#encrypt(ref, { operation: 'encrypt', plaintext, aad }, deadline);
  }

  encryptAndTry(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    return this.#encrypt(ref, { operation: 'encryptAndTry', plaintext, aad }, deadline);
  }

  async #encrypt(ref: KeyRef, open: Encryption, deadline: Deadline): Promise<Sealed> {
    const target =
      this.#rememberedTarget(ref, 'ENCRYPT') ?? (await this.#target(ref, 'ENCRYPT', deadline));
    const { cipher, client } = this.#token;
    try {
      return await cipher.encrypt(client, target, open, deadline);
    } catch (error) {
      this.#noteChange(ref.externalKeyId, error);
      throw error;
    }
  }

  async decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    const target =
      this.#rememberedTarget(ref, 'DECRYPT') ?? (await this.#target(ref, 'DECRYPT', deadline));
    const { cipher, client } = this.#token;
    try {
      return await cipher.decrypt(client, target, { sealed, aad }, deadline);
    } catch (error) {
      this.#noteChange(ref.externalKeyId, error);
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

  #rememberedTarget(ref: KeyRef, usage: KeyUsage): Target | undefined {
    const known = this.#directory.remembered(ref.externalKeyId);
    const target = known === undefined ? undefined : targetIn(known, ref, usage);
    return target instanceof KeyManagerError ? undefined : target;
  }

  /** @throws KeyManagerError `version-not-found`, `usage-denied`, and what the directory throws */
  async #target(ref: KeyRef, usage: KeyUsage, deadline: Deadline): Promise<Target> {
    const { externalKeyId } = ref;
    const remembered =
      this.#directory.remembered(externalKeyId) ??
      (await this.#directory.find(externalKeyId, deadline));
    const target = targetIn(remembered, ref, usage);
    if (!(target instanceof KeyManagerError)) return target;
    const known = await this.#directory.findAnew(externalKeyId, deadline);
    const found = targetIn(known, ref, usage);
    if (found instanceof KeyManagerError) throw found;
    return found;
  }

  #noteChange(externalKeyId: string, error: unknown): void {
    if (error instanceof KeyManagerError && CHANGED.has(error.code)) {
      this.#directory.forget(externalKeyId);
    }
  }

  /** @returns the failure of the test key; undefined where it works */
  async #roundTrip(deadline: Deadline): Promise<string | undefined> {
    try {
      await proveRoundTrip(this, deadline);
      return undefined;
    } catch (error) {
      return `the test key: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

/** @returns the object to use, or the reason why the key cannot be used this way */
function targetIn(
  { description, lookups }: KnownKey,
  { externalKeyId, version }: KeyRef,
  usage: KeyUsage,
): Target | KeyManagerError {
  if (!description.usage.has(usage)) {
    return new KeyManagerError('usage-denied', `${externalKeyId} is not for ${usage}`);
  }
  const lookup = lookups.get(version.version);
  const known = description.versions.get(version.version);
  if (lookup !== undefined && known?.materialName.equals(version.materialName)) {
    return { externalKeyId, version, lookup };
  }
  return new KeyManagerError(
    'version-not-found',
    known === undefined
      ? `${externalKeyId} has no version ${version.version}`
      : `version ${version.version} of ${externalKeyId} has other material`,
  );
}

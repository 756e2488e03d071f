import { decodeBase64 } from '../../shared/bytes.js';
import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type Sealed } from '../backend.js';
import { joinCiphertext, splitCiphertext } from './ciphertext.js';
import { isAbsence, refusal } from './failures.js';
import { dataOf, keyFrom, notTransit, textOf } from './transit-answer.js';
import type { TransitKey } from './transit-key.js';
import type { VaultClient } from './vault-client.js';

/** A version of a Transit key. */
export interface TransitVersion {
  readonly transitKey: string;
  readonly version: number;
}

/** The Transit engine of one node. Every method throws {@link KeyManagerError} alone. */
export class Transit {
  readonly #client: VaultClient;
  readonly #mountPath: string;

  constructor(client: VaultClient, mountPath: string) {
    this.#client = client;
    this.#mountPath = mountPath;
  }

  /** Returns the path of a key in the API. */
  pathOf(transitKey: string): string {
    return this.#path('keys', transitKey);
  }

  /** Reads a key. @returns undefined for a key that does not exist */
  async readKey(transitKey: string, deadline: Deadline): Promise<TransitKey | undefined> {
    const answer = await this.#client.call(this.pathOf(transitKey), undefined, deadline);
    if (isAbsence(answer)) return undefined;
    return keyFrom(answer);
  }

  /** Encrypts. The JSON is concatenated, because base64 has no characters to escape. */
  async encrypt(
    { transitKey, version }: TransitVersion,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): Promise<Sealed> {
    const body =
      `{"plaintext":"${plaintext.toString('base64')}",` +
      `"associated_data":"${aad.toString('base64')}","key_version":${version}}`;
    const answer = await this.#client.call(this.#path('encrypt', transitKey), body, deadline);
    if (answer.status !== 200) throw refusal(answer);
    return splitCiphertext(textOf(answer, 'ciphertext'), version, plaintext.length);
  }

  /** Decrypts. @throws KeyManagerError `rejected` for a refusal with an unknown message */
  async decrypt(
    { transitKey, version }: TransitVersion,
    sealed: Sealed,
    aad: Buffer,
    deadline: Deadline,
  ): Promise<Buffer> {
    const body =
      `{"ciphertext":"${joinCiphertext(sealed, version)}",` +
      `"associated_data":"${aad.toString('base64')}"}`;
    const answer = await this.#client.call(this.#path('decrypt', transitKey), body, deadline);
    if (answer.status !== 200) throw refusal(answer, 'rejected');
    const plaintext = decodeBase64(textOf(answer, 'plaintext'));
    if (plaintext?.length === sealed.ciphertext.length) return plaintext;
    throw new KeyManagerError('internal', 'the server answers with a plaintext of another length');
  }

  /** Creates a key that cannot be exported. An existing key stays as it is. */
  async createKey(transitKey: string, deadline: Deadline): Promise<void> {
    const body = '{"type":"aes256-gcm96","exportable":false,"allow_plaintext_backup":false}';
    const answer = await this.#client.call(this.pathOf(transitKey), body, deadline);
    if (answer.status >= 300) throw refusal(answer, 'misconfigured');
  }

  /** Lists the names of all keys. */
  async listKeys(deadline: Deadline): Promise<readonly string[]> {
    const path = `${this.#mountPath}/keys?list=true`;
    const answer = await this.#client.call(path, undefined, deadline);
    if (isAbsence(answer)) return [];
    if (answer.status !== 200) throw refusal(answer);
    const { keys } = dataOf(answer);
    if (Array.isArray(keys)) return keys.filter((key): key is string => typeof key === 'string');
    throw notTransit();
  }

  /** Tells whether encrypting under a key that does not exist would create it. */
  async mayUpsert(transitKey: string, deadline: Deadline): Promise<boolean> {
    const path = this.#path('encrypt', transitKey);
    const body = JSON.stringify({ paths: [path] });
    const answer = await this.#client.call('sys/capabilities-self', body, deadline);
    if (answer.status !== 200) throw refusal(answer);
    const { capabilities } = dataOf(answer);
    const mayCreate =
      Array.isArray(capabilities) && ['create', 'root'].some((it) => capabilities.includes(it));
    return mayCreate && !(await this.#isUpsertDisabled(deadline));
  }

  async #isUpsertDisabled(deadline: Deadline): Promise<boolean> {
    const path = `${this.#mountPath}/config/keys`;
    const answer = await this.#client.call(path, undefined, deadline);
    return answer.status === 200 && dataOf(answer)['disable_upsert'] === true;
  }

  #path(endpoint: 'keys' | 'encrypt' | 'decrypt', transitKey: string): string {
    return `${this.#mountPath}/${endpoint}/${transitKey}`;
  }
}

import type { Deadline } from '../../shared/deadline.js';
import { actRefusal, type Grant } from './act-refusal.js';
import type { VaultAnswer } from './answer.js';
import { textOf } from './transit-answer.js';
import type { VaultClient } from './vault-client.js';

/** Fields of a key that an act may change. */
export interface KeySettings {
  readonly min_decryption_version?: number;
  readonly min_encryption_version?: number;
  readonly deletion_allowed?: true;
}

/**
 * The acts on keys of the Transit engine of one node. Every method throws `KeyManagerError` alone;
 * where the policy of the token does not allow the act, it names what is missing.
 */
export class TransitActs {
  readonly #client: VaultClient;
  readonly #mountPath: string;

  constructor(client: VaultClient, mountPath: string) {
    this.#client = client;
    this.#mountPath = mountPath;
  }

  /** Gives a key another version, whatever versions it has. */
  async rotate(transitKey: string, deadline: Deadline): Promise<void> {
    await this.#post(transitKey, 'rotate', {}, deadline);
  }

  /** Changes settings of a key. */
  async configure(transitKey: string, settings: KeySettings, deadline: Deadline): Promise<void> {
    await this.#post(transitKey, 'config', settings, deadline);
  }

  /** Destroys the versions below `oldest`. */
  async trim(transitKey: string, oldest: number, deadline: Deadline): Promise<void> {
    await this.#post(transitKey, 'trim', { min_available_version: oldest }, deadline);
  }

  /** Destroys a key for which that is allowed. */
  async destroy(transitKey: string, deadline: Deadline): Promise<void> {
    const answer = await this.#client.delete(`${this.#mountPath}/keys/${transitKey}`, deadline);
    this.#assertDone(answer, { path: 'keys/+', capability: 'delete' });
  }

  /** Soft-deletes a key, or restores it. */
  async setSoftDeleted(transitKey: string, isDeleted: boolean, deadline: Deadline): Promise<void> {
    if (!isDeleted) return this.#post(transitKey, 'soft-delete-restore', {}, deadline);
    const path = `${this.#mountPath}/keys/${transitKey}/soft-delete`;
    const answer = await this.#client.delete(path, deadline);
    this.#assertDone(answer, { path: 'keys/+/soft-delete', capability: 'delete' });
  }

  /** Reads the public half of the key under which material is wrapped, in PEM. */
  async wrappingKey(deadline: Deadline): Promise<string> {
    const path = `${this.#mountPath}/wrapping_key`;
    const answer = await this.#client.call(path, undefined, deadline);
    this.#assertDone(answer, { path: 'wrapping_key', capability: 'read' });
    return textOf(answer, 'public_key');
  }

  /** Makes a key of wrapped material, which is never given other material by the server. */
  async importKey(transitKey: string, wrapped: Buffer, deadline: Deadline): Promise<void> {
    const key = {
      type: 'aes256-gcm96',
      exportable: false,
      allow_plaintext_backup: false,
      allow_rotation: false,
    };
    await this.#post(transitKey, 'import', { ...key, ...materialOf(wrapped) }, deadline);
  }

  /** Gives an imported key another version, of wrapped material. */
  async importVersion(transitKey: string, wrapped: Buffer, deadline: Deadline): Promise<void> {
    await this.#post(transitKey, 'import_version', materialOf(wrapped), deadline);
  }

  async #post(transitKey: string, act: string, body: object, deadline: Deadline): Promise<void> {
    const path = `${this.#mountPath}/keys/${transitKey}/${act}`;
    const answer = await this.#client.call(path, JSON.stringify(body), deadline);
    this.#assertDone(answer, { path: `keys/+/${act}`, capability: 'update' });
  }

  #assertDone(answer: VaultAnswer, grant: Grant): void {
    if (answer.status < 300) return;
    throw actRefusal(answer, { ...grant, path: `${this.#mountPath}/${grant.path}` });
  }
}

function materialOf(wrapped: Buffer): {
  readonly ciphertext: string;
  readonly hash_function: string;
} {
  return { ciphertext: wrapped.toString('base64'), hash_function: 'SHA256' };
}

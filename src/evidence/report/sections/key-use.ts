import type { AuditRecord } from '../../../audit/record/index.js';

/** What was seen of the use of one key. */
export interface KeyUse {
  readonly keyManager: string;
  readonly externalKeyId: string;
  encryptions: number;
  decryptions: number;
  failures: number;
  lastUse: string;
}

/** Keys are told apart up to this number. */
const CAPACITY = 100_000;

/** Counts the use of keys in the period. */
export class KeyUses {
  readonly #uses = new Map<string, KeyUse>();
  /** Operations on keys beyond those that are told apart. */
  left = 0;

  add(record: AuditRecord): void {
    if (record.type !== 'key-operation') return;
    const { keyManager, externalKeyId, operation, result, time } = record;
    // Before the key was found the key manager is not known, and there may be no such key.
    if (keyManager === undefined || externalKeyId === undefined) return;
    const use = this.#useOf(keyManager, externalKeyId);
    if (use === undefined) {
      this.left += 1;
      return;
    }
    if (result === 'failure') use.failures += 1;
    else if (operation === 'Encrypt') use.encryptions += 1;
    else if (operation === 'Decrypt') use.decryptions += 1;
    if (time > use.lastUse) use.lastUse = time;
  }

  /** @returns undefined for a key that was not used */
  of(keyManager: string, externalKeyId: string): KeyUse | undefined {
    return this.#uses.get(keyOf(keyManager, externalKeyId));
  }

  /** All keys that were used. */
  all(): Iterable<KeyUse> {
    return this.#uses.values();
  }

  #useOf(keyManager: string, externalKeyId: string): KeyUse | undefined {
    const key = keyOf(keyManager, externalKeyId);
    const known = this.#uses.get(key);
    if (known !== undefined || this.#uses.size >= CAPACITY) return known;
    const use = {
      keyManager,
      externalKeyId,
      encryptions: 0,
      decryptions: 0,
      failures: 0,
      lastUse: '',
    };
    this.#uses.set(key, use);
    return use;
  }
}

/** What tells keys apart: an external key id is unique in its key manager. */
export function keyOf(keyManager: string, externalKeyId: string): string {
  return `${keyManager}\n${externalKeyId}`;
}

import type { RecordOf } from '../../../audit/record/index.js';

/** The use of one key. */
export interface KeyUse {
  readonly keyManager: string;
  readonly externalKeyId: string;
  encryptions: number;
  decryptions: number;
  failures: number;
  /** In ms since 1970. */
  lastUseMs: number;
}

/** Keys are told apart up to this number. */
const CAPACITY = 100_000;

/** Counts the use of keys in the period. */
export class KeyUses {
  readonly #uses = new Map<string, Map<string, KeyUse>>();
  #size = 0;
  /** Operations on keys beyond those that are told apart. */
  left = 0;

  add(record: RecordOf<'key-operation'>, timeMs: number): void {
    const { keyManager, externalKeyId, operation, result } = record;
    // Before the key was found the key manager is not known, and there may be no such key.
    if (keyManager === undefined || externalKeyId === undefined) return;
    const use = this.of(keyManager, externalKeyId) ?? this.#begin(keyManager, externalKeyId);
    if (use === undefined) {
      this.left += 1;
      return;
    }
    if (result === 'failure') use.failures += 1;
    else if (operation === 'Encrypt') use.encryptions += 1;
    else if (operation === 'Decrypt') use.decryptions += 1;
    if (timeMs > use.lastUseMs) use.lastUseMs = timeMs;
  }

  /** @returns undefined for a key that was not used */
  of(keyManager: string, externalKeyId: string): KeyUse | undefined {
    return this.#uses.get(keyManager)?.get(externalKeyId);
  }

  /** All keys that were used. */
  all(): readonly KeyUse[] {
    return [...this.#uses.values()].flatMap((uses) => [...uses.values()]);
  }

  #begin(keyManager: string, externalKeyId: string): KeyUse | undefined {
    if (this.#size >= CAPACITY) return undefined;
    this.#size += 1;
    const counts = { encryptions: 0, decryptions: 0, failures: 0, lastUseMs: 0 };
    const use = { keyManager, externalKeyId, ...counts };
    const uses = this.#uses.get(keyManager);
    if (uses === undefined) this.#uses.set(keyManager, new Map([[externalKeyId, use]]));
    else uses.set(externalKeyId, use);
    return use;
  }
}

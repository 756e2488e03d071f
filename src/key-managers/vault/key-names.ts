import type { KeyUsage } from '../backend.js';
import type { VaultKeyManagerConfig } from './config.js';

const PLACEHOLDER = '{externalKeyId}';
/** Pattern of the key names that Transit takes. */
const TRANSIT_KEY = /^\w([\w.-]*\w)?$/;
const EXTERNAL_KEY_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;
const BOTH: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);

/** Translates external key ids to names of Transit keys and back, one to one. */
export class KeyNames {
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #transitKeys = new Map<string, string>();
  readonly #externalKeyIds = new Map<string, string>();
  readonly #usages = new Map<string, ReadonlySet<KeyUsage>>();

  constructor({
    transitKeyTemplate,
    keys,
  }: Pick<VaultKeyManagerConfig, 'transitKeyTemplate' | 'keys'>) {
    const [prefix = '', suffix = ''] = transitKeyTemplate.split(PLACEHOLDER);
    this.#prefix = prefix;
    this.#suffix = suffix;
    for (const { externalKeyId, transitKey, usage } of keys) {
      this.#usages.set(externalKeyId, new Set(usage));
      if (transitKey === undefined) continue;
      this.#transitKeys.set(externalKeyId, transitKey);
      this.#externalKeyIds.set(transitKey, externalKeyId);
    }
  }

  /** @returns undefined where no Transit key can have the name */
  transitKeyOf(externalKeyId: string): string | undefined {
    const named = this.#transitKeys.get(externalKeyId);
    if (named !== undefined) return named;
    const transitKey = `${this.#prefix}${externalKeyId}${this.#suffix}`;
    const isFree = !this.#externalKeyIds.has(transitKey);
    return isFree && TRANSIT_KEY.test(transitKey) ? transitKey : undefined;
  }

  /** @returns undefined for a Transit key that is not an external key */
  externalKeyIdOf(transitKey: string): string | undefined {
    const named = this.#externalKeyIds.get(transitKey);
    if (named !== undefined) return named;
    if (!transitKey.startsWith(this.#prefix) || !transitKey.endsWith(this.#suffix))
      return undefined;
    const id = transitKey.slice(this.#prefix.length, transitKey.length - this.#suffix.length);
    return EXTERNAL_KEY_ID.test(id) && this.transitKeyOf(id) === transitKey ? id : undefined;
  }

  /** Returns the configured usage of an external key. */
  usageOf(externalKeyId: string): ReadonlySet<KeyUsage> {
    return this.#usages.get(externalKeyId) ?? BOTH;
  }
}

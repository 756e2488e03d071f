import { invariant } from '../shared/assert.js';
import type { KeyStore } from './key-store.js';

/** Every key store of a configuration. */
export class KeyStoreTable {
  /** In configured order. */
  readonly keyStores: readonly KeyStore[];
  readonly #byName: ReadonlyMap<string, KeyStore>;

  /**
   * @param keyStores no two with the same name or path prefix; the configuration's check sees to it
   */
  constructor(keyStores: readonly KeyStore[]) {
    this.keyStores = keyStores;
    this.#byName = new Map(keyStores.map((keyStore) => [keyStore.name, keyStore]));
    const pathPrefixes = new Set(keyStores.map(({ pathPrefix }) => pathPrefix));
    invariant(pathPrefixes.size === keyStores.length, 'two key stores on one path prefix');
    invariant(this.#byName.size === keyStores.length, 'two key stores of one name');
  }

  /** The key store of this name. */
  findByName(name: string): KeyStore | undefined {
    return this.#byName.get(name);
  }
}

import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import { invariant } from '../shared/assert.js';
import { AdminError } from './admin-error.js';

/** The part of a key manager that administrators use. */
export type AdministeredKeyManager = Pick<KeyManager, 'name' | 'administration' | 'health'>;

/** The key stores and key managers of the running server. */
export interface InForce {
  readonly keyStores: KeyStoreTable;
  /** By name, in configured order; each that a key store names is there. */
  readonly keyManagers: ReadonlyMap<string, AdministeredKeyManager>;
}

/** @throws AdminError `not-found` */
export function findKeyStore({ keyStores }: InForce, name: string): KeyStore {
  const keyStore = keyStores.findByName(name);
  if (keyStore !== undefined) return keyStore;
  const names = keyStores.keyStores.map((known) => known.name).join(', ');
  throw new AdminError('not-found', `There is no key store "${name}". There are: ${names}.`);
}

/** @throws AdminError `not-found` */
export function findKeyManager({ keyManagers }: InForce, name: string): AdministeredKeyManager {
  const keyManager = keyManagers.get(name);
  if (keyManager !== undefined) return keyManager;
  const names = [...keyManagers.keys()].join(', ');
  throw new AdminError('not-found', `There is no key manager "${name}". There are: ${names}.`);
}

/** The key manager that holds a key store's keys. */
export function keyManagerOf({ keyManagers }: InForce, keyStore: KeyStore): AdministeredKeyManager {
  const keyManager = keyManagers.get(keyStore.keyManager);
  invariant(keyManager !== undefined, 'a key store names a key manager that is not in force');
  return keyManager;
}

import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import { invariant } from '../shared/assert.js';
import type { State } from '../state/state.js';
import type { DocumentName } from '../state/store.js';
import { AdminError } from './admin-error.js';
import type { Status } from './contract/status.js';

/** The part of a key manager that administrators use. */
export type AdministeredKeyManager = Pick<KeyManager, 'name' | 'administration' | 'health'>;

/** The part of the state that administrators use. */
export interface AdministeredState extends State {
  /** @throws StateError `conflict` where the store has lost nothing that this replica knows */
  recover(): Promise<readonly DocumentName[]>;
}

/** The facts that a replica tells of itself. */
export interface ReplicaFacts {
  readonly version: string;
  readonly generation: Status['generation'];
  /** Takes a sample of the audit log; undefined where there is none. */
  readonly audit: () => AuditState | undefined;
  /** Certificates that expire soon, one sentence each. */
  readonly expiring: () => readonly string[];
}

/** The audit log, as it is. */
interface AuditState {
  readonly records: number;
  readonly isInterrupted: boolean;
  readonly sinks: readonly { readonly sink: string; readonly behind: number }[];
}

/** The key stores and key managers of the running server. */
export interface ServedKeys {
  readonly keyStores: KeyStoreTable;
  /** By name, in configured order; each that a key store names is there. */
  readonly keyManagers: ReadonlyMap<string, AdministeredKeyManager>;
}

/** All that administrators of the running server ask about. */
export interface InForce extends ServedKeys {
  readonly state: AdministeredState;
  readonly facts: ReplicaFacts;
}

/** @throws AdminError `not-found` */
export function findKeyStore({ keyStores }: ServedKeys, name: string): KeyStore {
  const keyStore = keyStores.findByName(name);
  if (keyStore !== undefined) return keyStore;
  const names = keyStores.keyStores.map((known) => known.name).join(', ');
  throw new AdminError('not-found', `There is no key store "${name}". There are: ${names}.`);
}

/** @throws AdminError `not-found` */
export function findKeyManager({ keyManagers }: ServedKeys, name: string): AdministeredKeyManager {
  const keyManager = keyManagers.get(name);
  if (keyManager !== undefined) return keyManager;
  const names = [...keyManagers.keys()].join(', ');
  throw new AdminError('not-found', `There is no key manager "${name}". There are: ${names}.`);
}

/** The key manager that holds a key store's keys. */
export function keyManagerOf(
  { keyManagers }: ServedKeys,
  keyStore: KeyStore,
): AdministeredKeyManager {
  const keyManager = keyManagers.get(keyStore.keyManager);
  invariant(keyManager !== undefined, 'a key store names a key manager that is not in force');
  return keyManager;
}

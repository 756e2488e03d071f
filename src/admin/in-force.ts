import type { Blocks } from '../authorization/blocks/blocks.js';
import type { BreakGlassOpenings } from '../authorization/break-glass/break-glass.js';
import type { KeyActs } from '../external-keys/lifecycle/lifecycle-ports.js';
import type { KeyUse } from '../external-keys/use/key-use.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { CredentialUses } from '../key-stores/credentials/credential-uses.js';
import type { RunTimeCredentials } from '../key-stores/credentials/run-time-credentials.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import { invariant } from '../shared/assert.js';
import type { State } from '../state/state.js';
import type { DocumentName } from '../state/store.js';
import { AdminError } from './admin-error.js';
import type { ShownFailedAuthentications } from './contract/failed-authentications.js';
import type { KeyUsers } from './contract/key-deletion.js';
import type { LastReload, ReloadAnswer, ReloadPreview } from './contract/reload.js';
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
  /** @param most names of each kind that are told */
  readonly failedAuthentications: (most: number) => ShownFailedAuthentications;
  /** The outcome of the last reload; undefined before the first. */
  readonly lastReload: LastReload | undefined;
  /** The failures that nothing has put right since. */
  readonly failedReloads: readonly LastReload[];
  /** Changes that only a restart puts in force, one sentence each. */
  readonly waitsForRestart: readonly string[];
  /** Takes a sample of the audit log; undefined where there is none. */
  readonly audit: () => AuditState | undefined;
  /** The sentences that say what of it waits for a person. */
  readonly waiting: () => readonly string[];
  /** Finds out from this replica's audit log what has used a key. */
  readonly usersOf: (key: AskedKey) => Promise<FoundUsers>;
}

/** A key whose users are asked for, and the time from which on. */
export interface AskedKey {
  readonly keyManager: string;
  readonly externalKeyId: string;
  readonly fromMs: number;
}

/** The users of a key that a log has told of. */
export type FoundUsers = Pick<KeyUsers, 'auditLog' | 'problems' | 'users'> &
  Partial<Pick<KeyUsers, 'from'>>;

/** The part of notifications that administrators use. */
export interface AdministeredNotifications {
  readonly notifier: { readonly webhooks: readonly WebhookFacts[] };
  /**
   * Sends a test event to a webhook now; undefined where there is none of this name.
   *
   * @param by the administrator who asks for it
   */
  test(webhook: string, by: string): Promise<TestOutcome | undefined>;
}

/** A webhook, as it is. */
interface WebhookFacts {
  readonly webhook: string;
  readonly queued: number;
  readonly stuckMs: number;
  readonly dropped: number;
  /** Why the last attempt failed; absent where it did not. */
  readonly problem?: string;
}

/** The receiver's answer to a test event, or the reason why there is none. */
interface TestOutcome {
  readonly kind: 'accepted' | 'refused' | 'failed';
  readonly status?: number;
  readonly words?: string;
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

/** The part of the use of keys that administrators ask about. */
export interface AdministeredKeyUse extends Pick<KeyUse, 'of' | 'tell'> {
  readonly reporting: Pick<KeyUse['reporting'], 'completeness' | 'othersSince'>;
}

/** The part of reloads that administrators use. */
export interface AdministeredReloads {
  /** @throws AdminError `invalid-configuration` */
  preview(): Promise<ReloadPreview>;
  /** @throws AdminError `invalid-configuration` */
  reload(choices: { readonly init: boolean }): Promise<ReloadAnswer>;
}

/** The credentials that were added at run time, and the last uses of all. */
export interface AdministeredCredentials {
  readonly runTime: Pick<
    RunTimeCredentials,
    'add' | 'list' | 'remove' | 'reveal' | 'setDisabled' | 'standingOf'
  >;
  readonly uses: Pick<CredentialUses, 'lastUsedAt' | 'unusedForMs' | 'tell' | 'problems'>;
}

/** All that administrators of the running server ask about. */
export interface InForce extends ServedKeys {
  /** The acts on the keys of each key manager, by its name. */
  readonly acts: ReadonlyMap<string, KeyActs>;
  /** The use of keys by version, and the time since when it is known. */
  readonly keyUse: AdministeredKeyUse;
  readonly blocks: Pick<Blocks, 'change' | 'list' | 'unknown' | 'waiting'>;
  /** The credentials beside those of the configuration, and the last uses of all. */
  readonly credentials: AdministeredCredentials;
  readonly state: AdministeredState;
  readonly facts: ReplicaFacts;
  readonly notifications: AdministeredNotifications;
  readonly breakGlass: Pick<BreakGlassOpenings, 'close' | 'list' | 'open'>;
  readonly reloads: AdministeredReloads;
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

/** The acts on the keys of a key manager that is in force. */
export function actsOf({ acts }: Pick<InForce, 'acts'>, keyManager: string): KeyActs {
  const found = acts.get(keyManager);
  invariant(found !== undefined, 'a key manager in force has its acts');
  return found;
}

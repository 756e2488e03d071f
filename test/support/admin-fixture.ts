import { randomBytes } from 'node:crypto';
import type {
  AdministeredKeyManager,
  AdministeredState,
  InForce,
} from '../../src/admin/in-force.js';
import {
  type KeyAdministration,
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
} from '../../src/key-managers/backend.js';
import { KeyStore } from '../../src/key-stores/key-store.js';
import { KeyStoreTable } from '../../src/key-stores/key-store-table.js';
import { StateError } from '../../src/state/errors.js';
import { Secret } from '../../src/shared/secret.js';
import { canaries } from './canaries.js';

/** Of the first credential of every key store; the second is `B` twenty times. */
export const ACCESS_KEY_ID = 'A'.repeat(20);

/** What can be created, listed and shown, and forgets it all. */
export class AdministrationInMemory implements KeyAdministration {
  readonly #keys = new Map<string, KeySummary>();

  listKeys(): Promise<readonly KeySummary[]> {
    return Promise.resolve([...this.#keys.values()]);
  }

  createKey(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    if (this.#keys.has(externalKeyId)) {
      return Promise.reject(new KeyManagerError('conflict', `${externalKeyId} exists`));
    }
    const key = keySummary(externalKeyId, usage);
    this.#keys.set(externalKeyId, key);
    return Promise.resolve(key);
  }
}

/** A key of one version, made in 2026. */
export function keySummary(
  externalKeyId: string,
  usage: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']),
): KeySummary {
  const current = { version: 1, materialName: randomBytes(8) };
  return {
    description: {
      externalKeyId,
      usage,
      enabled: true,
      current,
      versions: new Map([[1, current]]),
    },
    createdAt: new Date('2026-01-02T03:04:05Z'),
    encryptionsLeft: 2_147_483_648,
  };
}

/** One node that is well. */
const health: AdministeredKeyManager['health'] = () =>
  Promise.resolve([
    { name: 'one', location: 'here', vendor: 'Nobody', model: 'Memory', status: 'ACTIVE' },
  ]);

/**
 * Two key stores on one key manager, `files`, and one on another, `other`: `production` exposes
 * all keys, `payroll` those that begin with `pay`, `elsewhere` all.
 *
 * @param administrations of the two key managers
 */
export function inForce(
  files: KeyAdministration = new AdministrationInMemory(),
  other: KeyAdministration = new AdministrationInMemory(),
): InForce {
  const managers: AdministeredKeyManager[] = [
    { name: 'files', administration: files, health },
    { name: 'other', administration: other, health },
  ];
  return {
    keyStores: new KeyStoreTable([
      keyStore('production', 'files', 'all'),
      keyStore('payroll', 'files', ['pay*']),
      keyStore('elsewhere', 'other', 'all'),
    ]),
    keyManagers: new Map(managers.map((manager) => [manager.name, manager])),
    state: stateInMemory(),
    facts: {
      version: '0.2.0',
      generation: {
        number: 1,
        file: '/etc/holdfast/holdfast.yaml',
        sha256: 'f'.repeat(64),
        since: '2026-01-02T03:04:05.000Z',
      },
      audit: () => undefined,
      expiring: () => [],
    },
  };
}

/** A state that is this replica's alone, and well. */
export function stateInMemory(overrides: Partial<AdministeredState> = {}): AdministeredState {
  const away = () =>
    Promise.reject(new StateError('unavailable', 'a state of tests keeps nothing'));
  return {
    storeId: '0'.repeat(32),
    place: 'memory',
    isShared: false,
    isServing: true,
    isInStep: true,
    standing: { kind: 'in-step', applied: 7, ageMs: 0, leases: [], problems: [] },
    collection: () => {
      throw new StateError('unavailable', 'a state of tests has no collections');
    },
    counters: {
      begin: away,
      draw: away,
      drawMany: away,
      read: away,
      raise: away,
      forget: away,
    },
    refresh: () => Promise.resolve(),
    isSettled: () => true,
    onStanding: () => () => undefined,
    recover: () => Promise.reject(new StateError('conflict', 'the store has lost nothing')),
    ...overrides,
  };
}

function keyStore(name: string, keyManager: string, exposes: 'all' | string[]): KeyStore {
  return new KeyStore({
    name,
    pathPrefix: `/${name}`,
    keyManager,
    exposes,
    shared: true,
    credentials: [ACCESS_KEY_ID, 'B'.repeat(20)].map((accessKeyId) => ({
      accessKeyId,
      secretAccessKey: new Secret(canaries.secretAccessKey),
    })),
  });
}

import { FailedAuthentications } from '../../src/observability/failed-authentications.js';
import { BreakGlassOpenings } from '../../src/authorization/break-glass/break-glass.js';
import { randomBytes } from 'node:crypto';
import type {
  AdministeredCredentials,
  AdministeredKeyManager,
  AdministeredState,
  InForce,
} from '../../src/admin/in-force.js';
import { Certificates } from '../../src/external-keys/certificates.js';
import { KeyRecords } from '../../src/external-keys/key-records.js';
import { Lifecycle } from '../../src/external-keys/lifecycle/lifecycle.js';
import type { KeyActs } from '../../src/external-keys/lifecycle/lifecycle-ports.js';
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
import { systemClock } from '../../src/shared/clock.js';
import { canaries } from './canaries.js';
import { CollectionInMemory } from './collection-in-memory.js';
import { HERE_ALONE } from './here-alone.js';
import { ALL_CAPABILITIES } from './lifecycle.js';
import { captureLog } from './log-lines.js';

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
    acts: new Map(managers.map((manager) => [manager.name, actsIn(manager)])),
    keyUse: {
      of: () => new Map(),
      tell: () => Promise.resolve(),
      reporting: {
        completeness: { sinceMs: undefined, gaps: ['nobody tells'] },
        othersSince: () => [],
      },
    },
    credentials: {
      runTime: NO_RUN_TIME_CREDENTIALS,
      uses: {
        lastUsedAt: () => undefined,
        unusedForMs: () => undefined,
        tell: () => Promise.resolve(),
        problems: [],
      },
    },
    blocks: {
      list: () => [],
      unknown: [],
      waiting: 0,
      change: () => Promise.reject(NOTHING_BLOCKED),
    },
    state: stateInMemory(),
    facts: {
      version: '0.2.0',
      generation: {
        number: 1,
        file: '/etc/holdfast/holdfast.yaml',
        sha256: 'f'.repeat(64),
        since: '2026-01-02T03:04:05.000Z',
      },
      lastReload: undefined,
      failedReloads: [],
      failedAuthentications: (most) => new FailedAuthentications(systemClock).summary(most),
      waitsForRestart: [],
      audit: () => undefined,
      waiting: () => [],
      usersOf: () => Promise.resolve({ auditLog: 'none', problems: [], users: [] }),
    },
    breakGlass: new BreakGlassOpenings({
      state: { collection: () => new CollectionInMemory() },
      clock: systemClock,
      events: { tell: () => undefined },
      confirmations: HERE_ALONE,
    }),
    notifications: { notifier: { webhooks: [] }, test: () => Promise.resolve(undefined) },
    reloads: {
      preview: () => Promise.resolve(NO_RELOAD),
      reload: () => Promise.resolve(NO_RELOAD),
    },
  };
}

const NOTHING_ADDED = () =>
  Promise.reject(new Error('a test that adds credentials has some of its own'));
const NO_RUN_TIME_CREDENTIALS: AdministeredCredentials['runTime'] = {
  list: () => [],
  standingOf: () => undefined,
  add: NOTHING_ADDED,
  remove: NOTHING_ADDED,
  reveal: NOTHING_ADDED,
  setDisabled: NOTHING_ADDED,
};

const NOTHING_BLOCKED = new Error('a test that blocks has blocks of its own');

const NO_RELOAD = {
  generation: 1,
  differences: [],
  warnings: [],
  waitsForRestart: [],
  refusals: [],
};

/** The acts on the keys of a key manager, whose records are kept in memory. */
function actsIn({ name, administration }: AdministeredKeyManager): KeyActs {
  const records = new KeyRecords(name, new CollectionInMemory(), {
    clock: systemClock,
    isFromCopy: () => false,
    caughtUp: () => Promise.resolve(),
    destroyedAsked: () => undefined,
  });
  return new Lifecycle({
    keyManager: {
      name,
      administration,
      describeKeyAnew: async (externalKeyId) => {
        const keys = (await administration.listKeys?.()) ?? [];
        const key = keys.find(({ description }) => description.externalKeyId === externalKeyId);
        if (key !== undefined) return key.description;
        throw new KeyManagerError('key-not-found', `there is no key ${externalKeyId}`);
      },
      encrypt: () => Promise.reject(new KeyManagerError('unsupported', 'it encrypts nothing')),
    },
    capabilities: ALL_CAPABILITIES,
    ownsKeys: false,
    actsAreSafe: true,
    records,
    state: stateInMemory(),
    replica: '1'.repeat(32),
    clock: systemClock,
    randomBytes,
    settled: () => Promise.resolve(),
    log: captureLog().logger,
    events: { tell: () => undefined },
    ranMs: () => 0,
    certificates: new Certificates({ collection: () => new CollectionInMemory() }, undefined),
  });
}

/** A state that is this replica's alone, and well. */
export function stateInMemory(overrides: Partial<AdministeredState> = {}): AdministeredState {
  const away = () =>
    Promise.reject(new StateError('unavailable', 'a state of tests keeps nothing'));
  return {
    storeId: '0'.repeat(32),
    replica: '1'.repeat(32),
    place: 'memory',
    isShared: false,
    isServing: true,
    hasReturned: false,
    isFromCopy: false,
    isInStep: true,
    standing: { kind: 'in-step', applied: 7, ageMs: 0, leases: [], problems: [], leftAside: [] },
    collection: () => {
      throw new StateError('unavailable', 'a state of tests has no collections');
    },
    uses: () => {
      throw new StateError('unavailable', 'a state of tests has no uses');
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
    rewriteLastCopy: () => Promise.resolve(),
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
    credentialInUseMinutes: 10,
    credentials: [ACCESS_KEY_ID, 'B'.repeat(20)].map((accessKeyId) => ({
      accessKeyId,
      secretAccessKey: new Secret(canaries.secretAccessKey),
    })),
  });
}

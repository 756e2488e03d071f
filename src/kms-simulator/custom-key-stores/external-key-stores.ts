import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';
import { CloudWatch, daysUntil, type WatchedKeyStore } from '../events/cloudwatch.js';
import type { FaultSwitch } from '../towards-proxy/faults.js';
import {
  ProxyConnections,
  type ProxyConnectionsConfig,
} from '../towards-proxy/proxy-connections.js';
import { XksClient } from '../towards-proxy/xks-client.js';
import { Administration } from './administration.js';
import { Connections, type ConnectionsConfig } from './connections.js';
import { CustomKeyStores } from './custom-key-stores.js';
import type { ExternalCryptography, KeyCensus } from './external-cryptography.js';
import { ExternalKeys } from './external-keys.js';
import { hostOf, ProxySide } from './proxy-side.js';
import { REQUESTS_PER_SECOND } from './quota.js';
import type { KeyStoreRecord, KeyStoreRecords } from './record.js';

/** The simulator's side towards proxies, as it is configured. */
export interface ExternalKeyStoresConfig extends ProxyConnectionsConfig, ConnectionsConfig {
  readonly region: string;
  /** Time until a changed credential signs; KMS takes up to five minutes. */
  readonly credentialDelayMs: number;
  readonly requestsPerSecond: number;
}

/** KMS's own settings, except for what would only be waiting. */
export const DEFAULT_KEY_STORES_CONFIG = {
  connectMs: 0,
  disconnectMs: 0,
  healthCheckEveryMs: 300_000,
  credentialDelayMs: 5_000,
  requestsPerSecond: REQUESTS_PER_SECOND,
} as const;

/** The parts that the side towards proxies is handed. */
export interface ExternalKeyStoresPorts {
  readonly records: KeyStoreRecords;
  readonly keys: KeyCensus;
  readonly faults: FaultSwitch;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** A number from 0 up to 1. */
  readonly chance: () => number;
  /** Is told of what goes wrong with nobody waiting for it. */
  readonly onError: (error: unknown) => void;
}

/** External key stores as a whole: their records, connections, cryptography and metrics. */
export class ExternalKeyStores {
  readonly stores: CustomKeyStores;
  readonly administration: Administration;
  readonly connections: Connections;
  readonly cryptography: ExternalCryptography;
  readonly cloudWatch: CloudWatch;
  readonly #proxies: ProxyConnections;
  readonly #ports: ExternalKeyStoresPorts;

  constructor(config: ExternalKeyStoresConfig, ports: ExternalKeyStoresPorts) {
    const { clock, faults, chance } = ports;
    const { region } = config;
    this.#ports = ports;
    this.#proxies = new ProxyConnections(config);
    this.stores = new CustomKeyStores(ports.records);
    this.cloudWatch = new CloudWatch({ clock, keyStores: () => this.#watched() });
    const client = new XksClient({ connections: this.#proxies, faults, clock, chance, region });
    const proxySide = new ProxySide({ client, metrics: this.cloudWatch, clock });
    const shared = { ...ports, stores: this.stores, proxySide, metrics: this.cloudWatch };
    this.administration = new Administration({ ...shared, ...config });
    this.connections = new Connections({ ...shared, ...config });
    this.cryptography = new ExternalKeys({ ...shared, ...config });
  }

  /** Takes up what a restart has interrupted. */
  start(): void {
    this.connections.start();
  }

  async close(): Promise<void> {
    await this.connections.close();
    this.#proxies.close();
  }

  #watched(): readonly WatchedKeyStore[] {
    return this.stores.list().map((record) => ({
      customKeyStoreId: record.id,
      credentialSince: record.credential.since,
      certificate: this.#certificateOf(record),
    }));
  }

  #certificateOf({ uriEndpoint }: KeyStoreRecord): WatchedKeyStore['certificate'] {
    const { clock, faults } = this.#ports;
    const certificate = this.#proxies.certificateOf(hostOf(uriEndpoint));
    if (certificate === undefined) return undefined;
    const { commonName, expiresAt } = certificate;
    const feigned = faults.inForce.certificateDaysToExpire;
    return { commonName, daysToExpire: feigned ?? daysUntil(expiresAt, clock.now()) };
  }
}

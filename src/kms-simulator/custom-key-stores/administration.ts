import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { Call } from '../call.js';
import type { MetricsSink } from '../events/metrics-sink.js';
import { KmsException } from '../exceptions.js';
import { requireState } from './connections.js';
import type { CustomKeyStores } from './custom-key-stores.js';
import type { KeyCensus } from './external-cryptography.js';
import { translated } from './failed-call.js';
import type { ProxySide } from './proxy-side.js';
import type { KeyStoreRecord } from './record.js';
import { MAX_KEY_STORES, requireDistinct, requireLawfulEndpoint } from './uniqueness.js';

/** The settings of a new key store, as its creator gives them. */
export type NewKeyStore = Pick<
  KeyStoreRecord,
  | 'name'
  | 'connectivity'
  | 'uriEndpoint'
  | 'uriPath'
  | 'vpcEndpointServiceName'
  | 'vpcEndpointServiceOwner'
> & {
  readonly credential: Omit<KeyStoreRecord['credential'], 'since'>;
};

/**
 * The settings that an update changes; what is absent stays. An empty name of the VPC endpoint
 * service takes it away.
 */
export type KeyStoreChanges = { readonly [Field in keyof NewKeyStore]?: NewKeyStore[Field] };

/** The parts that the administration of key stores is made of. */
export interface AdministrationPorts {
  readonly stores: CustomKeyStores;
  readonly keys: KeyCensus;
  readonly proxySide: ProxySide;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly region: string;
  /** Time until a changed credential signs; KMS takes up to five minutes. */
  readonly credentialDelayMs: number;
}

const ID_BYTES = 9;
const ID_CHARACTERS = 17;
/** The fields that may change while the key store is connected. */
const CHANGEABLE_WHILE_CONNECTED = new Set(['name', 'credential', 'uriPath']);

/** Creates, changes and deletes key stores. */
export class Administration {
  readonly #ports: AdministrationPorts;

  constructor(ports: AdministrationPorts) {
    this.#ports = ports;
  }

  /** @returns the id. @throws KmsException */
  async create(settings: NewKeyStore, call: Call): Promise<string> {
    const { stores, clock, randomBytes } = this.#ports;
    const now = clock.now();
    const record: KeyStoreRecord = {
      ...settings,
      id: `cks-${randomBytes(ID_BYTES).toString('hex').slice(0, ID_CHARACTERS)}`,
      account: call.account,
      createdAt: now,
      credential: { ...settings.credential, since: now },
      connectionState: 'DISCONNECTED',
    };
    this.#requireLawful(record);
    this.#requireRoom(call.account);
    if (record.connectivity === 'PUBLIC_ENDPOINT') await this.#requireHealthyNew(record, call);
    // Others may have been created while the proxy was asked.
    this.#requireLawful(record);
    this.#requireRoom(call.account);
    await stores.put(record);
    return record.id;
  }

  /** @throws KmsException */
  async update(id: string, changes: KeyStoreChanges, call: Call): Promise<void> {
    const { stores } = this.#ports;
    const record = stores.get(id, call.account);
    this.#requireChangeable(record, changes);
    const changed = this.#changed(record, changes);
    this.#requireLawful(changed);
    const isReachable =
      changed.connectivity === 'PUBLIC_ENDPOINT' || record.connectionState === 'CONNECTED';
    const isOfProxy = Object.keys(changes).some((field) => field !== 'name');
    if (isOfProxy && isReachable) {
      await this.#requireHealthy({ ...changed, formerCredential: undefined }, call);
    }
    const current = stores.get(id, call.account);
    this.#requireChangeable(current, changes);
    const settled = this.#changed(current, changes);
    this.#requireLawful(settled);
    await stores.put(settled);
  }

  /** @throws KmsException */
  async delete(id: string, { account }: Call): Promise<void> {
    const { stores, keys, metrics } = this.#ports;
    const record = stores.get(id, account);
    requireState(record, 'DeleteCustomKeyStore');
    if ([...keys.xksKeyIds(id)].length > 0) {
      throw new KmsException(
        'CustomKeyStoreHasCMKsException',
        `The custom key store ${id} contains KMS keys. Schedule their deletion, and wait until they are deleted.`,
      );
    }
    await stores.remove(id);
    metrics.forget(id);
  }

  #requireChangeable(record: KeyStoreRecord, changes: KeyStoreChanges): void {
    requireState(record, 'UpdateCustomKeyStore');
    if (record.connectionState !== 'CONNECTED') return;
    const fixed = Object.keys(changes).filter((field) => !CHANGEABLE_WHILE_CONNECTED.has(field));
    if (fixed.length === 0) return;
    throw new KmsException(
      'CustomKeyStoreInvalidStateException',
      `The custom key store ${record.id} is CONNECTED. Disconnect it to change more than its name, its proxy authentication credential and its URI path.`,
    );
  }

  #changed(record: KeyStoreRecord, changes: KeyStoreChanges): KeyStoreRecord {
    const { credential, vpcEndpointServiceName, ...rest } = changes;
    return {
      ...record,
      ...rest,
      ...(vpcEndpointServiceName === undefined
        ? {}
        : { vpcEndpointServiceName: vpcEndpointServiceName || undefined }),
      ...(credential === undefined ? {} : this.#exchanged(record, credential)),
    };
  }

  /** The former credential signs for a while, unless nothing is connected that still has it. */
  #exchanged(
    record: KeyStoreRecord,
    credential: NewKeyStore['credential'],
  ): Pick<KeyStoreRecord, 'credential' | 'formerCredential'> {
    const { clock, credentialDelayMs } = this.#ports;
    const now = clock.now();
    const isInUse = record.connectionState === 'CONNECTED' && credentialDelayMs > 0;
    return {
      credential: { ...credential, since: now },
      formerCredential: isInUse
        ? { ...record.credential, until: now + credentialDelayMs }
        : undefined,
    };
  }

  #requireLawful(record: KeyStoreRecord): void {
    requireLawfulEndpoint(record, this.#ports.region);
    requireDistinct(record, this.#ports.stores.list(record.account));
  }

  #requireRoom(account: string): void {
    if (this.#ports.stores.list(account).length < MAX_KEY_STORES) return;
    throw new KmsException(
      'LimitExceededException',
      `The account has ${MAX_KEY_STORES} custom key stores already.`,
    );
  }

  /** CloudWatch knows nothing of a key store that was never created. */
  async #requireHealthyNew(record: KeyStoreRecord, call: Call): Promise<void> {
    try {
      await this.#requireHealthy(record, call);
    } catch (error) {
      this.#ports.metrics.forget(record.id);
      throw error;
    }
  }

  async #requireHealthy(record: KeyStoreRecord, { operation, requestId }: Call): Promise<void> {
    await translated('keyStore', () =>
      this.#ports.proxySide.checkHealth(record, operation, requestId),
    );
  }
}

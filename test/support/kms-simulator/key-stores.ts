import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Call } from '../../../src/kms-simulator/call.js';
import type { NewKeyStore } from '../../../src/kms-simulator/custom-key-stores/administration.js';
import type { ExternalKey } from '../../../src/kms-simulator/custom-key-stores/external-cryptography.js';
import {
  DEFAULT_KEY_STORES_CONFIG,
  ExternalKeyStores,
  type ExternalKeyStoresConfig,
} from '../../../src/kms-simulator/custom-key-stores/external-key-stores.js';
import type {
  KeyStoreRecord,
  KeyStoreRecords,
} from '../../../src/kms-simulator/custom-key-stores/record.js';
import { FaultSwitch } from '../../../src/kms-simulator/towards-proxy/faults.js';
import { type Clock, systemClock } from '../../../src/shared/clock.js';
import { type SmallProxy, startSmallProxy } from './small-proxy.js';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** Key stores without the rest of the simulator. */
export interface TestKeyStores {
  readonly keyStores: ExternalKeyStores;
  readonly faults: FaultSwitch;
  readonly records: MemoryRecords;
  /** External keys of KMS keys, by key store. */
  readonly usedKeys: Map<string, string[]>;
  /** Errors that nobody waited for. */
  readonly errors: unknown[];
}

/** Records that outlive a {@link ExternalKeyStores}, as the state folder does. */
export class MemoryRecords implements KeyStoreRecords {
  readonly #records = new Map<string, KeyStoreRecord>();

  all(): readonly KeyStoreRecord[] {
    return [...this.#records.values()];
  }

  put(record: KeyStoreRecord): Promise<void> {
    this.#records.set(record.id, record);
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.#records.delete(id);
    return Promise.resolve();
  }
}

/** The differences of a test's key stores from those of a simulator as it comes. */
export interface TestKeyStoresOptions extends Partial<ExternalKeyStoresConfig> {
  readonly records?: MemoryRecords;
  readonly clock?: Clock;
}

/** Makes key stores for the length of a test. */
export function makeKeyStores(options: TestKeyStoresOptions = {}): TestKeyStores {
  const { records = new MemoryRecords(), clock = systemClock, ...config } = options;
  const faults = new FaultSwitch();
  const usedKeys = new Map<string, string[]>();
  const errors: unknown[] = [];
  const keyStores = new ExternalKeyStores(
    { ...DEFAULT_KEY_STORES_CONFIG, region: REGION, resolve: [], ...config },
    {
      records,
      keys: { xksKeyIds: (id) => usedKeys.get(id) ?? [] },
      faults,
      clock,
      randomBytes,
      chance: Math.random,
      onError: (error) => errors.push(error),
    },
  );
  keyStores.start();
  onTestFinished(() => keyStores.close());
  return { keyStores, faults, records, usedKeys, errors };
}

/** A call of KMS by Alice. */
export function callOf(operation: string, changes: Partial<Call> = {}): Call {
  return {
    requestId: randomUUID(),
    operation,
    principalArn: `arn:aws:iam::${ACCOUNT}:user/Alice`,
    sessionArn: `arn:aws:iam::${ACCOUNT}:user/Alice`,
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    account: ACCOUNT,
    sourceAddress: '127.0.0.1',
    userAgent: 'test',
    ...changes,
  };
}

/** Settings of a key store whose proxy is a small one. */
export function settingsOf(changes: Partial<NewKeyStore> = {}): NewKeyStore {
  return {
    name: 'small',
    connectivity: 'PUBLIC_ENDPOINT',
    uriEndpoint: 'https://xks.example.com',
    uriPath: '/small/kms/xks/v1',
    credential: {
      accessKeyId: 'ABCDEFGHIJKLMNOPQRST',
      secretAccessKey: 'a'.repeat(43),
    },
    ...changes,
  };
}

/** Settings of a VPC endpoint service, in place of a public endpoint. */
export const VPC: Partial<NewKeyStore> = {
  connectivity: 'VPC_ENDPOINT_SERVICE',
  vpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-1',
};

/** Waits for the end of a change of the connection. @returns the state then */
export async function settled({ stores }: ExternalKeyStores, id: string): Promise<string> {
  for (;;) {
    const state = stores.find(id)?.connectionState ?? '';
    if (!state.endsWith('ING')) return state;
    await sleep(2);
  }
}

/** Creates a key store and connects it. @returns its id */
export async function connected(
  keyStores: ExternalKeyStores,
  settings = settingsOf(),
): Promise<string> {
  const id = await keyStores.administration.create(settings, callOf('CreateCustomKeyStore'));
  await keyStores.connections.connect(keyStores.stores.get(id, ACCOUNT), randomUUID());
  const state = await settled(keyStores, id);
  if (state !== 'CONNECTED') throw new Error(`the key store is ${state}`);
  return id;
}

/** A KMS key with an external key `key-1`. */
export function keyIn(customKeyStoreId: string, changes: Partial<ExternalKey> = {}): ExternalKey {
  return {
    arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    customKeyStoreId,
    xksKeyId: 'key-1',
    innerKey: createSecretKey(randomBytes(32)),
    ...changes,
  };
}

/** A small proxy, a connected key store before it and a key in that. */
export interface SmallScene extends TestKeyStores {
  readonly proxy: SmallProxy;
  readonly id: string;
  readonly key: ExternalKey;
}

/** Sets up all that a call of an external key needs. */
export async function setScene(
  options: TestKeyStoresOptions = {},
  settings = settingsOf(),
): Promise<SmallScene> {
  const proxy = await startSmallProxy();
  const made = makeKeyStores({ ...wayTo(proxy), ...options });
  const id = await connected(made.keyStores, settings);
  return { ...made, proxy, id, key: keyIn(id) };
}

/** The way to a small proxy, in place of DNS and public authorities. */
export function wayTo({
  host,
  port,
  ca,
}: SmallProxy): Pick<ExternalKeyStoresConfig, 'resolve' | 'ca'> {
  return { resolve: [{ host, address: '127.0.0.1', port }], ca };
}

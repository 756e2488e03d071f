import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Caller, simulatorSchema } from '../../../src/kms-simulator/configuration.js';
import { endpointOf } from '../../../src/kms-simulator/environment.js';
import { type RunningSimulator, startSimulator } from '../../../src/kms-simulator/simulator.js';
import { KmsClient } from '../../bench/load/kms-client.js';
import type { HoldfastServer } from '../holdfast-server.js';
import { keyStoreInput } from './key-store-input.js';
import { ACCOUNT, REGION } from './key-stores.js';

/** A simulator in this process, before a real server. */
export interface WholeSimulator extends RunningSimulator {
  readonly state: string;
  readonly client: KmsClient;
  /** Errors that no caller was told of. */
  readonly errors: readonly unknown[];
  /** Sends a request beside the API, such as `PUT /faults`. */
  beside(method: string, path: string, body?: object): Promise<string>;
}

const CALLER: Caller = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  principal: `arn:aws:iam::${ACCOUNT}:role/Payroll`,
  session: `arn:aws:sts::${ACCOUNT}:assumed-role/Payroll/bob`,
  viaService: 's3.eu-west-1.amazonaws.com',
};

/** Starts a simulator for the length of a test. @param configuration as in its file */
export async function startWhole(
  server: HoldfastServer,
  folder: string,
  configuration: object = {},
): Promise<WholeSimulator> {
  const errors: unknown[] = [];
  const state = join(folder, 'kms');
  const running = await startSimulator({
    configuration: simulatorSchema.parse({ region: REGION, callers: [CALLER], ...configuration }),
    callers: [CALLER],
    state,
    port: 0,
    resolve: [{ host: 'localhost', address: '127.0.0.1', port: server.port }],
    ca: server.ca,
    onError: (error) => errors.push(error),
  });
  const endpoint = endpointOf(running.port);
  const client = new KmsClient({ endpoint, region: REGION, ...CALLER }, 8);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    client.close();
    await running.close();
  };
  onTestFinished(close);
  return {
    ...running,
    close,
    state,
    client,
    errors,
    beside: async (method, path, body) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await fetch(`${endpoint}${path}`, { method, ...init })).text();
    },
  };
}

/** Bytes of a text as an input has them. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Waits for the end of a change. @returns the key store as DescribeCustomKeyStores tells it */
export async function describedStore(
  client: KmsClient,
  CustomKeyStoreId: string,
): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const answer = await client.call('DescribeCustomKeyStores', { CustomKeyStoreId });
    const [store] = answer['CustomKeyStores'] as Record<string, unknown>[];
    if (!String(store?.['ConnectionState']).endsWith('ING')) return store ?? {};
  }
}

/** Registers the quickstart's key store and connects it. @returns its id */
export async function register(client: KmsClient, server: HoldfastServer): Promise<string> {
  const created = await client.call('CreateCustomKeyStore', keyStoreInput(server, 'quickstart'));
  const id = String(created['CustomKeyStoreId']);
  await client.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
  const { ConnectionState } = await describedStore(client, id);
  if (ConnectionState !== 'CONNECTED') throw new Error(`it is ${String(ConnectionState)}`);
  return id;
}

/** Creates a KMS key. @param external its key store and external key; an ordinary key without */
export async function createKey(
  client: KmsClient,
  external?: { readonly CustomKeyStoreId: string; readonly XksKeyId: string },
): Promise<string> {
  const input = external === undefined ? {} : { Origin: 'EXTERNAL_KEY_STORE', ...external };
  const { KeyMetadata } = await client.call('CreateKey', input);
  return (KeyMetadata as { KeyId: string }).KeyId;
}

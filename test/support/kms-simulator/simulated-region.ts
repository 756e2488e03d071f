import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Call } from '../../../src/kms-simulator/call.js';
import type { ExternalKey } from '../../../src/kms-simulator/custom-key-stores/external-cryptography.js';
import { CloudTrail } from '../../../src/kms-simulator/events/cloudtrail.js';
import type { UsedKey } from '../../../src/kms-simulator/events/finished-call.js';
import { systemClock } from '../../../src/shared/clock.js';
import type { HoldfastServer } from '../holdfast-server.js';
import {
  callOf,
  connected,
  keyIn,
  makeKeyStores,
  REGION,
  settingsOf,
  type TestKeyStores,
  type TestKeyStoresOptions,
} from './key-stores.js';

/** A simulated KMS before a real server: key stores, and the trail of what is called. */
export interface SimulatedRegion extends TestKeyStores {
  readonly id: string;
  readonly trail: CloudTrail;
  /** Folder of the files that CloudTrail has delivered. */
  readonly bucket: string;
  /** Runs a call, and tells CloudTrail how it ended. @throws as the call does */
  run<Result>(
    call: Call,
    keys: readonly UsedKey[],
    work: () => Promise<Result>,
    input?: Readonly<Record<string, unknown>>,
  ): Promise<Result>;
}

/** The key store of a quickstart server, in a simulated KMS. */
export async function startRegion(
  server: HoldfastServer,
  folder: string,
  options: TestKeyStoresOptions = {},
): Promise<SimulatedRegion> {
  const made = makeKeyStores({
    resolve: [{ host: 'localhost', address: '127.0.0.1', port: server.port }],
    ca: server.ca,
    ...options,
  });
  const { credential, uriPath } = server;
  const settings = settingsOf({ uriEndpoint: 'https://localhost', uriPath, credential });
  const [existing] = made.keyStores.stores.list();
  const id = existing?.id ?? (await connected(made.keyStores, settings));
  const bucket = join(folder, 'bucket');
  const trail = new CloudTrail({
    bucket,
    spool: join(folder, 'spool'),
    region: REGION,
    deliverEveryMs: 3_600_000,
    clock: systemClock,
    onError: (error) => made.errors.push(error),
  });
  onTestFinished(() => trail.close());
  return {
    ...made,
    id,
    trail,
    bucket,
    run: async (call, keys, work, input = {}) => {
      try {
        const result = await work();
        trail.finished(call, { input, keys, output: {} });
        return result;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const { name, message } = error;
        trail.finished(call, { input, keys, error: { name, message } });
        throw error;
      }
    },
  };
}

/** A KMS key with a key ARN of its own and an external key of the server. */
export function newKey(customKeyStoreId: string, xksKeyId = 'quickstart-key'): ExternalKey {
  const account = callOf('Encrypt').account;
  const arn = `arn:aws:kms:${REGION}:${account}:key/${randomUUID()}`;
  return keyIn(customKeyStoreId, { arn, xksKeyId });
}

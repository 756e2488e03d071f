import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type FolderLock, lockFolder } from '../durable/folder-lock.js';
import { makePrivateFolder } from '../durable/private.js';
import { systemClock } from '../shared/clock.js';
import type { Caller, SimulatorConfiguration } from './configuration.js';
import { ExternalKeyStores } from './custom-key-stores/external-key-stores.js';
import { keyStoreRecordSchema } from './custom-key-stores/record.js';
import { CloudTrail } from './events/cloudtrail.js';
import { Cryptography } from './keys/cryptography.js';
import { KeyRing } from './keys/key-ring.js';
import { aliasRecordSchema, grantRecordSchema, keyRecordSchema } from './keys/records.js';
import { OPERATIONS } from './operations/list.js';
import { CallerCheck } from './protocol/caller-check.js';
import { KmsApi } from './protocol/kms-api.js';
import { SimulatorServer } from './protocol/server.js';
import { Collection } from './state/collection.js';
import { FaultSwitch } from './towards-proxy/faults.js';
import type { ProxyConnectionsConfig } from './towards-proxy/proxy-connections.js';

/** The configuration of a simulator, read and checked. */
export interface SimulatorConfig extends ProxyConnectionsConfig {
  readonly configuration: SimulatorConfiguration;
  readonly callers: readonly Caller[];
  /** Folder for all that outlives a restart. */
  readonly state: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Is told of faults that no caller is told of. */
  readonly onError: (error: unknown) => void;
}

/** A simulator that serves. */
export interface RunningSimulator {
  readonly port: number;
  /** Folder into which CloudTrail delivers. */
  readonly cloudTrailBucket: string;
  /** Answers what is under way, and delivers what CloudTrail still has. */
  close(): Promise<void>;
}

/**
 * Starts a simulator of KMS.
 *
 * @throws FolderInUseError where another one works in the state folder, Error that names a damaged
 *   document, or the error of listen(2)
 */
export async function startSimulator(config: SimulatorConfig): Promise<RunningSimulator> {
  await makePrivateFolder(config.state);
  const lock = await lockFolder(config.state);
  try {
    return await startIn(config, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startIn(config: SimulatorConfig, lock: FolderLock): Promise<RunningSimulator> {
  const { configuration, callers, state, onError } = config;
  const { region } = configuration;
  const clock = systemClock;
  const bucket = join(state, 'cloudtrail');
  const faults = new FaultSwitch(configuration.faults);
  const records = await openRecords(state);
  const keys = new KeyRing({ region, ...records, clock, randomBytes });
  const keyStores = new ExternalKeyStores(
    { ...configuration.keyStores, region, resolve: config.resolve, ca: config.ca },
    { records: records.keyStores, keys, faults, clock, randomBytes, chance: Math.random, onError },
  );
  keys.follow(keyStores.stores);
  const cryptography = new Cryptography({ keys, external: keyStores.cryptography, randomBytes });
  const spool = join(state, 'cloudtrail-spool');
  const cloudTrail = new CloudTrail({
    ...configuration.cloudTrail,
    bucket,
    spool,
    region,
    clock,
    onError,
  });
  const api = new KmsApi({
    operations: OPERATIONS,
    kms: { keys, cryptography, keyStores, clock, randomBytes },
    callers: new CallerCheck(callers, region, clock),
    listener: cloudTrail,
    onError,
  });
  const metrics = keyStores.cloudWatch;
  const server = new SimulatorServer({ api, faults, metrics, cloudTrail, onError });
  const close = async (): Promise<void> => {
    await server.close();
    await keyStores.close();
    await cloudTrail.close();
    await lock.release();
  };
  keyStores.start();
  return { port: await server.listen(config.port), cloudTrailBucket: bucket, close };
}

async function openRecords(state: string) {
  return {
    keys: await Collection.open(join(state, 'keys'), keyRecordSchema),
    aliases: await Collection.open(join(state, 'aliases'), aliasRecordSchema),
    grants: await Collection.open(join(state, 'grants'), grantRecordSchema),
    keyStores: await Collection.open(join(state, 'custom-key-stores'), keyStoreRecordSchema),
  };
}

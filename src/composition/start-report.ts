import type { AddressInfo } from 'node:net';
import { type QuickstartFiles, quickstartFiles } from '../configuration/quickstart-files.js';
import type { KeyManager, NodeReport } from '../key-managers/key-manager.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import type { DescriptorPlan } from './descriptors.js';
import type { Generation } from './generation.js';
import type { ServingListener } from './listeners.js';
import type { ServerProcess } from './process.js';
import { VERSION } from './version.js';

/** The time that a start waits for the first health checks. */
const FIRST_HEALTH_CHECK_MS = 5_000;

/** The state of a server that has just started. */
export interface StartReport {
  readonly version: string;
  readonly configurationFile: string;
  readonly configurationHash: string;
  /** The files that the quickstart has made; undefined without a quickstart. */
  readonly quickstart: QuickstartFiles | undefined;
  readonly listeners: readonly ServingListener[];
  /** Absent where the system does not tell the limit. */
  readonly descriptors?: DescriptorPlan | undefined;
  readonly operations: AddressInfo;
  readonly adminSocket: string;
  /** Absent where there is no audit log. */
  readonly audit: { readonly directory: string; readonly publicKey: string } | undefined;
  readonly keyStores: readonly KeyStore[];
  readonly keyManagers: readonly {
    readonly name: string;
    readonly type: string;
    readonly nodes: readonly NodeReport[];
  }[];
}

/** Reports on a server that has just started, with the first health of its key managers. */
export async function reportStart(
  { loaded, keyStores, keyManagers }: Generation,
  { audit, clock }: ServerProcess,
  started: Pick<StartReport, 'descriptors' | 'listeners' | 'operations'>,
): Promise<StartReport> {
  const { configuration, file, hash } = loaded;
  const { stateDirectory, quickstart, admin, audit: auditConfig } = configuration;
  return {
    ...started,
    version: VERSION,
    configurationFile: file,
    configurationHash: hash,
    quickstart: quickstart ? quickstartFiles(stateDirectory) : undefined,
    adminSocket: admin.socket,
    audit: auditConfig && audit && { directory: auditConfig.directory, publicKey: audit.publicKey },
    keyStores: keyStores.keyStores,
    keyManagers: await reportKeyManagers(keyManagers, clock),
  };
}

/** Describes every key manager and the state of its nodes, for the report of a start. */
function reportKeyManagers(
  keyManagers: ReadonlyMap<string, KeyManager>,
  clock: Clock,
): Promise<StartReport['keyManagers']> {
  return Promise.all(
    [...keyManagers.values()].map(async (keyManager) => ({
      name: keyManager.name,
      type: keyManager.type,
      nodes: await keyManager.health(Deadline.after(clock, FIRST_HEALTH_CHECK_MS)),
    })),
  );
}

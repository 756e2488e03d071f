import { readFile } from 'node:fs/promises';
import {
  HEALTH_TEST_KEY_ID,
  type KeyMakingAdministration,
  KeyManagerError,
  type KeyManagerNode,
} from '../backend.js';
import { VaultAdministration } from './administration.js';
import type { VaultKeyManagerConfig, VaultNodeConfig } from './config.js';
import { HttpClient, type TlsIdentity } from './http-client.js';
import { KeyNames } from './key-names.js';
import { knownKeys } from './known-keys.js';
import { Login } from './login.js';
import type { BackendPorts, BackendStart, StartedBackend } from '../definition.js';
import { LoginSession } from './login-session.js';
import type { AdministrationPorts } from './known-transit-key.js';
import { Transit } from './transit.js';
import { TransitActs } from './transit-acts.js';
import { VaultClient } from './vault-client.js';
import { VaultNode } from './vault-node.js';

/** The started key manager, one node for each address, in configured order. */
export interface VaultKeyManager extends StartedBackend {
  readonly administration: KeyMakingAdministration;
}

interface StartedVaultNode {
  readonly node: KeyManagerNode;
  readonly administration: AdministrationPorts;
}

/**
 * Connects to every configured address and logs in there, each time for a separate token: the nodes
 * may belong to different clusters. Holdfast starts even if a server is down or refuses the login:
 * its node reports the failure and tries again.
 *
 * @throws KeyManagerError `misconfigured` for certificates that cannot be read
 */
export async function createVaultKeyManagerNodes(
  config: VaultKeyManagerConfig,
  ports: BackendPorts,
  { readOnly = false }: BackendStart = {},
): Promise<VaultKeyManager> {
  const tls = await readTls(config.tls);
  const names = new KeyNames(config);
  const started = await Promise.all(
    config.nodes.map((node) => startNode({ config, node, tls, names, readOnly }, ports)),
  );
  return {
    nodes: started.map(({ node }) => node),
    administration: new VaultAdministration(started.map(({ administration }) => administration)),
  };
}

interface NodePlan {
  readonly config: VaultKeyManagerConfig;
  readonly node: VaultNodeConfig;
  readonly tls: TlsIdentity;
  readonly names: KeyNames;
  readonly readOnly: boolean;
}

async function startNode(plan: NodePlan, ports: BackendPorts): Promise<StartedVaultNode> {
  const { config, node, tls, names, readOnly } = plan;
  const { maxConnections, connectTimeoutMs, metadataMaxAgeMs, mountPath } = config;
  const namespace = config.namespace === undefined ? [] : ['x-vault-namespace', config.namespace];
  const { name, location, address } = node;
  const http = new HttpClient({ address, tls, maxConnections, connectTimeoutMs });
  const session = new LoginSession(new Login(config.login, http, namespace), ports);
  const client = new VaultClient(http, session, namespace);
  const transit = new Transit(client, mountPath);
  const keys = knownKeys({ transit, names, clock: ports.clock, metadataMaxAgeMs });
  const healthTestKey = names.transitKeyOf(HEALTH_TEST_KEY_ID);
  await session.start();
  return {
    node: new VaultNode({ name, location, client, transit, keys, healthTestKey, readOnly }),
    administration: {
      transit,
      acts: new TransitActs(client, mountPath),
      keys,
      names,
      clock: ports.clock,
      metadataMaxAgeMs,
    },
  };
}

async function readTls(tls: VaultKeyManagerConfig['tls']): Promise<TlsIdentity> {
  const { roots, clientCertificate, clientKey } = tls;
  return {
    ...(roots === undefined ? {} : { roots: await Promise.all(roots.map(readPem)) }),
    ...(clientCertificate === undefined
      ? {}
      : { clientCertificate: await readPem(clientCertificate) }),
    ...(clientKey === undefined ? {} : { clientKey: await readPem(clientKey) }),
  };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KeyManagerError('misconfigured', `${path} cannot be read`, { cause });
  }
}

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../../src/durable/atomic-write.js';
import { removeFile } from '../../../src/durable/erase.js';
import type { KeyAdministration, KeyManagerNode } from '../../../src/key-managers/backend.js';
import { backendFacts, type BackendType } from '../../../src/key-managers/backends.js';
import type { StartedBackend } from '../../../src/key-managers/definition.js';
import { createModuleKeyManager } from '../../../src/key-managers/module/index.js';
import { DEFAULT_NODE_LIMITS } from '../../../src/key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../../../src/key-managers/nodes/node-set.js';
import { createFileKeyManagerNode } from '../../../src/key-managers/sealed/folder/create.js';
import { createSealedKeyManagerNode } from '../../../src/key-managers/sealed/state/create.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import { canaries } from '../canaries.js';
import type { OpenbaoServer } from '../openbao.js';
import { openVault } from '../openbao-key-manager.js';
import { openToken, type TestToken } from '../pkcs11.js';
import { temporaryFolder } from '../temporary-folder.js';
import { actOnToken } from '../token-tool.js';
import { OAEP_2048 } from '../wrapping-pair.js';
import type { LifeKeyManager, StartingProcess } from './life-key-managers.js';
import type { Mortal } from './mortal.js';

const NAME = 'keys';
const QUIET = { info: quiet, warn: quiet, error: quiet };
const masterKey = { key: new Secret(canaries.masterKey.toString('base64')) };
/** A time for each attempt that a busy machine does not reach. */
const LIMITS = { ...DEFAULT_NODE_LIMITS, attemptTimeoutMs: 10_000 };

/** A started backend. */
interface Started {
  readonly node: KeyManagerNode;
  readonly administration: KeyAdministration;
}

/** Keys in files, whose process may end between any two of them. */
export function fileKeysOfALife(): LifeKeyManager {
  const directory = join(temporaryFolder(), 'keys');
  return {
    ...factsOf('file'),
    replicas: 1,
    start: async ({ mortal, mayRenew }) => {
      const config = { name: NAME, type: 'file', location: 'here', directory, masterKey } as const;
      const start = {
        init: true,
        writeFile: dying(mortal, writeFileAtomically),
        removeFile: dying(mortal, removeFile),
      };
      return keyManagerOf('file', await createFileKeyManagerNode(config, ports(mayRenew), start));
    },
  };
}

/** Keys in the state that the replicas share. */
export function sealedKeysOfALife(): LifeKeyManager {
  return {
    ...factsOf('sealed'),
    replicas: 2,
    start: async ({ state, mayRenew }) => {
      const config = { name: NAME, type: 'sealed', location: 'here', masterKey } as const;
      const started = { ...ports(mayRenew), state };
      const node = await createSealedKeyManagerNode(config, started, { init: true });
      return keyManagerOf('sealed', node);
    },
  };
}

/** Keys in a token that the replicas share. */
export function tokenKeysOfALife(token: TestToken): LifeKeyManager {
  let processes = 0;
  return {
    ...factsOf('pkcs11'),
    replicas: 2,
    start: async ({ state, mayRenew }) => {
      processes += 1;
      const countersDirectory = join(token.folder, `counters-${processes}`);
      const config = { keyId: '{externalKeyId}:{version}', countersDirectory, replicas: 2 };
      return keyManagerOf('pkcs11', await openToken(token, { config, ports: { state, mayRenew } }));
    },
    makeElsewhere: async (externalKeyId) => {
      await actOnToken(token, ['generate', { label: externalKeyId, id: `${externalKeyId}:1` }]);
    },
  };
}

/** Keys of a mount of their own in OpenBao, which the replicas share. */
export async function openbaoKeysOfALife(server: OpenbaoServer): Promise<LifeKeyManager> {
  const mountPath = `life-${randomBytes(6).toString('hex')}`;
  await server.must('POST', `sys/mounts/${mountPath}`, { type: 'transit' });
  const tokenFile = join(temporaryFolder(), 'token');
  await writeFile(tokenFile, server.rootToken, { mode: 0o600 });
  const login = { method: 'token', tokenFile };
  return {
    ...factsOf('vault'),
    importWay: { wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', wrappingKeySpec: 'RSA_4096' },
    replicas: 2,
    start: async ({ mayRenew }) => {
      const opened = await openVault([server], { login, mountPath }, { mayRenew });
      return keyManagerOf('vault', asStarted(opened));
    },
    makeElsewhere: async (externalKeyId) => {
      await server.must('POST', `${mountPath}/keys/${externalKeyId}`, { type: 'aes256-gcm96' });
    },
  };
}

/** Keys of the example of a module, which makes keys and does nothing else to them. */
export function moduleKeysOfALife(): LifeKeyManager {
  const seed = new Secret(randomBytes(32).toString('base64'));
  const module = fileURLToPath(
    new URL('../../../examples/key-manager-module/index.mjs', import.meta.url),
  );
  const config = { name: NAME, type: 'module', module, options: {}, secrets: { seed } } as const;
  // The example keeps its keys in memory: it stands for a key manager that outlives processes.
  let started: Promise<Started> | undefined;
  return {
    ...factsOf('module'),
    replicas: 2,
    start: async ({ mayRenew }) => {
      started ??= createModuleKeyManager(config, ports(mayRenew)).then(asStarted);
      const keyManager = keyManagerOf('module', await started);
      keyManager.close = () => Promise.resolve();
      return keyManager;
    },
  };
}

function factsOf(type: BackendType) {
  const { capabilities, ownsKeys } = backendFacts[type];
  return { name: NAME, capabilities, ownsKeys, importWay: OAEP_2048, isReal: true };
}

function asStarted({ nodes: [node], administration }: StartedBackend): Started {
  if (node === undefined) throw new Error('a key manager has a node');
  return { node, administration };
}

function ports(mayRenew: StartingProcess['mayRenew']) {
  return { clock: systemClock, randomBytes, log: QUIET, mayRenew };
}

function keyManagerOf(type: string, { node, administration }: Started): NodeSetKeyManager {
  return new NodeSetKeyManager({
    ...{ name: NAME, type, nodes: [node], administration, clock: systemClock, limits: LIMITS },
    onHealthChange: () => undefined,
  });
}

/** A change of the disk that the end of the process keeps from being made, or is made by. */
function dying<Args extends unknown[]>(mortal: Mortal, work: (...args: Args) => Promise<void>) {
  return (...args: Args) => mortal.change('disk', () => work(...args));
}

function quiet(): void {
  // What key managers log in a life is of no interest.
}

import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
  type KeyUsage,
} from '../../src/key-managers/backend.js';
import { checkedAdministration } from '../../src/key-managers/nodes/checked-administration.js';
import type { MaybePromise } from '../../src/key-managers/maybe-promise.js';
import { vaultKeyManagerSchema } from '../../src/key-managers/vault/config.js';
import {
  createVaultKeyManagerNodes,
  type VaultKeyManager,
} from '../../src/key-managers/vault/create.js';
import type { BackendPorts } from '../../src/key-managers/definition.js';
import type { OperatorLog } from '../../src/shared/operator-log.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import type { OpenbaoServer } from './openbao.js';
import { testLogPath } from './test-log.js';

const roleAnswer = z.object({ data: z.object({ role_id: z.string() }) });
const secretAnswer = z.object({ data: z.object({ secret_id: z.string() }) });

/** What the documentation tells operators to grant, with the right to make keys. */
export const HOLDFAST_POLICY = `
path "transit/encrypt/+" { capabilities = ["update"] }
path "transit/decrypt/+" { capabilities = ["update"] }
path "transit/keys/+" { capabilities = ["read", "create", "update"] }
path "transit/keys" { capabilities = ["list"] }
path "transit/config/keys" { capabilities = ["read"] }
`;

/** The usage of a key that is not configured otherwise. */
export const BOTH: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);

/** What may differ from the documentation's AppRole; more fields are the role's own. */
export interface AppRoleOptions extends Readonly<Record<string, unknown>> {
  readonly policy?: string;
  /** With a slash at the end. */
  readonly namespace?: string;
}

/** Makes a policy, and an AppRole of that name. @returns `login` of the configuration */
export async function makeAppRole(
  server: OpenbaoServer,
  name = 'holdfast',
  { policy = HOLDFAST_POLICY, namespace = '', ...role }: AppRoleOptions = {},
): Promise<object> {
  const rolePath = `${namespace}auth/approle/role/${name}`;
  await server.call('POST', `${namespace}sys/auth/approle`, { type: 'approle' });
  await server.must('POST', `${namespace}sys/policies/acl/${name}`, { policy });
  await server.must('POST', rolePath, { token_policies: [name], token_ttl: '1h', ...role });
  const roleBody = await server.must('GET', `${rolePath}/role-id`);
  const secretBody = await server.must('POST', `${rolePath}/secret-id`);
  return {
    method: 'approle',
    roleId: roleAnswer.parse(roleBody).data.role_id,
    secretId: secretAnswer.parse(secretBody).data.secret_id,
  };
}

/** A key manager of these servers, closed when the test ends. @param fields of the configuration */
export async function openVault(
  servers: readonly OpenbaoServer[],
  fields: Readonly<Record<string, unknown>>,
  ports: Partial<BackendPorts> = {},
): Promise<VaultKeyManager> {
  const [first] = servers;
  const config = vaultKeyManagerSchema.parse({
    name: 'openbao',
    type: 'vault',
    nodes: servers.map(({ address }, index) => ({ name: `bao-${index + 1}`, address })),
    tls: { roots: [first?.caPath] },
    ...fields,
  });
  const log = recordingLog();
  const manager = await createVaultKeyManagerNodes(config, {
    clock: systemClock,
    randomBytes,
    log,
    ...ports,
  });
  onTestFinished(async () => {
    await Promise.all(manager.nodes.map((node) => node.close()));
  });
  return { ...manager, administration: checkedAdministration(manager.administration) };
}

/** The first node of a key manager. */
export function firstNode({ nodes: [node] }: Pick<VaultKeyManager, 'nodes'>): KeyManagerNode {
  if (node !== undefined) return node;
  throw new Error('the key manager has no node');
}

/** The key and its current version, as the pipeline would name them. */
export async function currentRef(node: KeyManagerNode, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

/** What came of an operation: `served`, or the code with which it was refused. */
export async function outcomeOf(work: MaybePromise<unknown>): Promise<string> {
  try {
    await work;
    return 'served';
  } catch (error) {
    if (error instanceof KeyManagerError) return error.code;
    throw error;
  }
}

/** A deadline that no test reaches. */
export function longDeadline(): Deadline {
  return Deadline.after(systemClock, 30_000);
}

function recordingLog(): OperatorLog {
  const path = testLogPath('vault-key-manager');
  const record = (level: keyof OperatorLog) => (fields: object, message: string) => {
    appendFileSync(path, `${level} ${message} ${inspect(fields, { depth: 8 })}\n`);
  };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

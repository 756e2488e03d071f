import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import {
  type KeyAdministration,
  type KeyMakingAdministration,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
} from '../../src/key-managers/backend.js';
import { checkedAdministration } from '../../src/key-managers/nodes/checked-administration.js';
import type { MaybePromise } from '../../src/key-managers/maybe-promise.js';
import type { BackendPorts } from '../../src/key-managers/definition.js';
import type { Pkcs11KeyManagerConfig } from '../../src/key-managers/pkcs11/config.js';
import {
  createPkcs11KeyManager,
  type Pkcs11KeyManager,
  type Pkcs11Start,
} from '../../src/key-managers/pkcs11/create.js';
import type { TokenSelector } from '../../src/key-managers/pkcs11/wire/messages.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import { Secret } from '../../src/shared/secret.js';
import { testLogPath } from './test-log.js';

/** On Node 20 a child cannot run TypeScript. `npm test` builds first. */
export const builtChild = fileURLToPath(
  new URL('../../dist/key-managers/pkcs11/child/main.js', import.meta.url),
);

/** A real token, in a folder of its own. */
export interface TestToken {
  /** Of the token's folder and everything else that belongs to it. */
  readonly folder: string;
  /** What a configuration says of it. */
  readonly config: Pick<
    Pkcs11KeyManagerConfig,
    'module' | 'libraryParameters' | 'environment' | 'profile'
  >;
  readonly token: TokenSelector;
}

/** A key manager of one token. */
export interface OpenedToken {
  readonly node: KeyManagerNode;
  readonly administration: KeyMakingAdministration;
  childPids(): number[];
}

/** Messages that were logged, with their levels. */
export type LoggedMessages = string[];

/** What a test wants to be different. */
export interface OpenOptions {
  readonly config?: Partial<Pkcs11KeyManagerConfig>;
  readonly pin?: Secret;
  readonly start?: Pkcs11Start;
  readonly ports?: Partial<BackendPorts>;
  readonly logged?: LoggedMessages;
}

/** Opens a token as a server would. Whoever calls closes it. */
export async function openToken(token: TestToken, options: OpenOptions = {}): Promise<OpenedToken> {
  const manager = await openTokens(token, [token.token], options);
  const [node] = manager.nodes;
  const administration = checkedAdministration(manager.administration);
  if (node === undefined || !isWhole(administration)) {
    throw new Error('a key manager of one token has a node and can make keys');
  }
  return { node, administration, childPids: () => manager.childPids() };
}

/** Opens several tokens of one library as one key manager. Whoever calls closes its nodes. */
export async function openTokens(
  { folder, config }: TestToken,
  tokens: readonly TokenSelector[],
  { pin = testPin, ports, logged = [], ...options }: OpenOptions = {},
): Promise<Pkcs11KeyManager> {
  return createPkcs11KeyManager(
    {
      name: 'hsm',
      type: 'pkcs11',
      nodes: tokens.map((token, index) => ({
        name: `token-${index + 1}`,
        location: 'here',
        token,
        pin,
      })),
      keyLabel: '{externalKeyId}',
      children: 1,
      hangTimeoutMs: 500,
      countersDirectory: join(folder, 'counters'),
      replicas: 1,
      priorEncryptions: 0,
      ...config,
      ...options.config,
    },
    { clock: systemClock, randomBytes, log: recordingLog(logged), ...ports },
    { init: true, childProgram: builtChild, ...options.start },
  );
}

function isWhole(administration: KeyAdministration): administration is KeyMakingAdministration {
  return 'listKeys' in administration && 'createKey' in administration;
}

/** The first of these libraries that is installed. */
export function installedModule(candidates: readonly string[]): string | undefined {
  return candidates.find((path) => existsSync(path));
}

/** A deadline that no test reaches. */
export function longDeadline(): Deadline {
  return Deadline.after(systemClock, 60_000);
}

/** The key and its current version, as the pipeline would name them. */
export async function currentRef({ node }: OpenedToken, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

/** The code with which something was refused, or `undefined` where it was not. */
export async function refusalOf(work: MaybePromise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof KeyManagerError) return error.code;
    throw error;
  }
}

/** A PIN that is recognisable wherever it turns up. */
export const testPin = new Secret('canary-pin-7391');

function recordingLog(logged: LoggedMessages): BackendPorts['log'] {
  const path = testLogPath('pkcs11-key-manager');
  const record = (level: string) => (fields: object, message: string) => {
    logged.push(`${level}: ${message}`);
    appendFileSync(path, `${level} ${message} ${inspect(fields, { depth: 8 })}\n`);
  };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

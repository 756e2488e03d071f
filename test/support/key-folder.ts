import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { KeyManagerError, type KeyRef } from '../../src/key-managers/backend.js';
import { checkedAdministration } from '../../src/key-managers/nodes/checked-administration.js';
import type { PlacedKeys } from '../../src/key-managers/sealed/keys/placed-keys.js';
import type { FileKeyManagerConfig } from '../../src/key-managers/sealed/folder/config.js';
import {
  createFileKeyManagerNode,
  type FileKeyManagerStart,
} from '../../src/key-managers/sealed/folder/create.js';
import { fileNameOf } from '../../src/key-managers/counting/key-names.js';
import type { BackendPorts } from '../../src/key-managers/definition.js';
import type { OperatorLog } from '../../src/shared/operator-log.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import { Secret } from '../../src/shared/secret.js';
import { canaries } from './canaries.js';
import { testLogPath } from './test-log.js';

/** A line that the key manager logged. */
export interface LoggedLine {
  readonly level: keyof OperatorLog;
  readonly fields: object;
  readonly message: string;
}

/** A key folder for one test, gone afterwards. */
export interface KeyFolderFixture {
  readonly directory: string;
  readonly logged: readonly LoggedLine[];
  /** Opens the folder as a server would; closed when the test ends, if not earlier. */
  open(start?: FileKeyManagerStart): Promise<PlacedKeys>;
  documentPath(externalKeyId: string): string;
  counterPath(externalKeyId: string): string;
}

/** What a test wants to be different. */
export interface KeyFolderOptions {
  readonly masterKey?: FileKeyManagerConfig['masterKey'];
  readonly ports?: Partial<BackendPorts>;
}

/** Sealed under this unless a test says otherwise. */
const testMasterKey = { key: new Secret(canaries.masterKey.toString('base64')) };

/** Makes a folder for keys, empty and private. */
export async function makeKeyFolder(options: KeyFolderOptions = {}): Promise<KeyFolderFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return keyFolderAt(directory, options);
}

/** The same for a folder that is there already, such as a copy. */
export function keyFolderAt(directory: string, options: KeyFolderOptions = {}): KeyFolderFixture {
  const logged: LoggedLine[] = [];
  const ports = { clock: systemClock, randomBytes, log: recordingLog(logged), ...options.ports };
  const masterKey = options.masterKey ?? testMasterKey;
  const config = { name: 'files', type: 'file', directory, location: 'here', masterKey } as const;
  return {
    directory,
    logged,
    async open(start) {
      const manager = await createFileKeyManagerNode(config, ports, start);
      onTestFinished(() => manager.node.close());
      return { ...manager, administration: checkedAdministration(manager.administration) };
    },
    documentPath: (externalKeyId) => join(directory, fileNameOf(externalKeyId)),
    counterPath: (externalKeyId) => join(directory, 'counters', fileNameOf(externalKeyId)),
  };
}

/** A deadline that no test reaches. */
export function longDeadline(): Deadline {
  return Deadline.after(systemClock, 60_000);
}

/** The key and its current version, as the pipeline would name them. */
export async function currentRef({ node }: PlacedKeys, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

/** Encrypts the canary under the current version, as often as asked, one after the other. */
export async function encryptTimes(
  manager: PlacedKeys,
  externalKeyId: string,
  times: number,
): Promise<void> {
  for (let made = 0; made < times; made += 1) {
    const ref = await currentRef(manager, externalKeyId);
    await manager.node.encrypt(ref, canaries.plaintext, Buffer.alloc(0), longDeadline());
  }
}

/**
 * The code with which something was refused, or `undefined` where it was not.
 *
 * @param work under way, or to be done where it may be refused at once
 */
export async function refusalOf(
  work: Promise<unknown> | (() => unknown),
): Promise<string | undefined> {
  try {
    await (typeof work === 'function' ? work() : work);
    return undefined;
  } catch (error) {
    if (error instanceof KeyManagerError) return error.code;
    throw error;
  }
}

/** A JSON file as it is on disk. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

function recordingLog(logged: LoggedLine[]): OperatorLog {
  const path = testLogPath('file-key-manager');
  const record = (level: LoggedLine['level']) => (fields: object, message: string) => {
    logged.push({ level, fields, message });
    appendFileSync(path, `${level} ${message} ${inspect(fields, { depth: 8 })}\n`);
  };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { makePrivateFolder } from '../durable/private.js';
import { ifThere } from '../shared/errno.js';
import {
  type KeptPolicySet,
  policySetHash,
  policySetText,
  type PolicySource,
} from './policy-source.js';

/** The folder in the state directory of every set of policies that was ever in force. */
const KEPT_SETS_FOLDER = 'policy-sets';
const HASH = /^[0-9a-f]{64}$/u;

/** The error for a kept set that is not what its hash says. */
export class KeptSetError extends Error {
  override readonly name = 'KeptSetError';
}

/**
 * Keeps a set of policies under its hash, which the records of requests name: what decided over a
 * request can be told when other policies are in force.
 *
 * @throws Error that names the file, with the file system's as its cause
 */
export async function keepPolicySet(stateDirectory: string, source: PolicySource): Promise<void> {
  const folder = join(stateDirectory, KEPT_SETS_FOLDER);
  const file = join(folder, fileOf(policySetHash(source)));
  try {
    if ((await ifThere(stat(file))) !== undefined) return;
    await makePrivateFolder(folder);
    await writeFileAtomically(file, policySetText(source));
  } catch (cause) {
    throw new Error(`the set of policies cannot be kept as ${file}`, { cause });
  }
}

/**
 * Reads a set of policies by its hash.
 *
 * @returns undefined where it is not kept here
 * @throws KeptSetError, or the file system's error
 */
export async function readKeptSet(
  stateDirectory: string,
  hash: string,
): Promise<PolicySource | undefined> {
  if (!HASH.test(hash)) throw new KeptSetError(`${hash} is no hash of a set of policies`);
  const path = join(stateDirectory, KEPT_SETS_FOLDER, fileOf(hash));
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  if (createHash('sha256').update(text).digest('hex') !== hash) {
    throw new KeptSetError(`${path} is not what was in force: its hash is another one`);
  }
  const { keyStore, timeZone, files, keys } = JSON.parse(text) as KeptPolicySet;
  const located = (file: { readonly name: string; readonly text: string }) => ({
    ...file,
    path: file.name,
  });
  return {
    ...{ keyStore, timeZone },
    files: files.map(located),
    keys: keys.map(({ externalKeyId, files: ofKey }) => ({
      externalKeyId,
      files: ofKey.map(located),
    })),
  };
}

function fileOf(hash: string): string {
  return `${hash}.json`;
}

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { valueAt } from '../configuration/reading/value-at.js';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { lockFolder } from '../durable/folder-lock.js';
import { assertPrivateFiles, assertPrivateFolder, makePrivateFolder } from '../durable/private.js';
import { toConsoleExport } from '../key-stores/console-export.js';
import { generateCredential } from '../key-stores/credential-generator.js';
import type { Clock } from '../shared/clock.js';
import { ifThere } from '../shared/errno.js';
import type { RandomBytes } from '../shared/randomness.js';
import { URI_PATH_SUFFIX } from '../xks/paths.js';
import type { ConfigurationSource } from '../configuration/configuration-file.js';
import { prepareCertificates } from './certificates.js';
import { type QuickstartFiles, quickstartFiles } from '../configuration/quickstart-files.js';
import { keyFolderFields } from '../configuration/written-fields.js';

const MASTER_KEY_BYTES = 32;

/** The services that the quickstart needs. */
export interface QuickstartPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** The quickstart cannot go on; the message says what to do. */
export class QuickstartError extends Error {
  override readonly name = 'QuickstartError';
}

/**
 * Makes what the quickstart's configuration refers to, before its references are resolved:
 * certificates, master key and credential. What is there is kept.
 *
 * @param source its state directory gets `quickstart/`, mode 0700
 * @throws QuickstartError, NotPrivateError, FolderInUseError
 */
export async function prepareQuickstart(
  source: ConfigurationSource,
  ports: QuickstartPorts,
): Promise<void> {
  const { folder, consoleFile } = quickstartFiles(source.stateDirectory);
  await makePrivateFolder(folder);
  await assertPrivateFolder(folder);
  // Two first starts at once would mix each other's halves of a key pair.
  const lock = await lockFolder(folder);
  try {
    // What another user put there while he could would be kept, and be trusted.
    await assertPrivateFiles((await readdir(folder)).map((name) => join(folder, name)));
    await prepareCertificates(folder, ports.clock);
    await prepareMasterKey(folder, source, ports);
    await prepareCredential({ folder, consoleFile }, uriPathOf(source), ports);
  } finally {
    await lock.release();
  }
}

/**
 * Finds the first key manager's folder, if there are keys in it. The configuration itself is not
 * checked yet.
 */
async function folderWithKeys(source: ConfigurationSource): Promise<string | undefined> {
  const field = keyFolderFields(source.value).find(({ path }) => path[1] === 0);
  if (field === undefined) return undefined;
  const folder = resolve(source.stateDirectory, field.value);
  return (await field.keysAreIn(folder)) ? folder : undefined;
}

/** Returns the URI path of the first key store. */
function uriPathOf({ value }: ConfigurationSource): string {
  const pathPrefix = valueAt(value, ['keyStores', 0, 'pathPrefix']);
  return `${typeof pathPrefix === 'string' ? pathPrefix : ''}${URI_PATH_SUFFIX}`;
}

/** For the keys, where they are in a folder of ours, and for the key that signs the audit log. */
async function prepareMasterKey(
  folder: string,
  source: ConfigurationSource,
  { randomBytes }: QuickstartPorts,
): Promise<void> {
  const path = join(folder, 'master.key');
  if ((await ifThere(stat(path))) !== undefined) return;
  const keysFolder = await folderWithKeys(source);
  if (keysFolder !== undefined) {
    throw new QuickstartError(
      `${keysFolder} holds keys, and the master key that opens them is missing: ${path}. ` +
        'A new one would not open them. Put it back, or move the key folder away to start afresh.',
    );
  }
  await writeFileAtomically(path, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
}

/** The file for the KMS console goes last: as long as it is missing, nobody has used the others. */
async function prepareCredential(
  { folder, consoleFile }: Pick<QuickstartFiles, 'folder' | 'consoleFile'>,
  uriPath: string,
  { randomBytes }: QuickstartPorts,
): Promise<void> {
  const idPath = join(folder, 'access-key-id');
  const secretPath = join(folder, 'secret-access-key');
  if ((await ifThere(stat(consoleFile))) !== undefined) return;
  const { accessKeyId, secretAccessKey } = generateCredential(randomBytes);
  await writeFileAtomically(idPath, `${accessKeyId}\n`);
  await writeFileAtomically(secretPath, `${secretAccessKey.reveal()}\n`);
  const file = toConsoleExport(uriPath, { accessKeyId, secretAccessKey });
  await writeFileAtomically(consoleFile, `${JSON.stringify(file, null, 2)}\n`);
}

import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { lockFolder } from '../durable/folder-lock.js';
import { makePrivateFolder } from '../durable/private.js';
import { hasKeyDocuments } from '../key-managers/file/index.js';
import { toConsoleExport } from '../key-stores/console-export.js';
import { generateCredential } from '../key-stores/credential-generator.js';
import type { Clock } from '../shared/clock.js';
import { prepareCertificates, readIfPresent } from './quickstart-certificates.js';

const MASTER_KEY_BYTES = 32;

/** What the quickstart is handed. */
export interface QuickstartPorts {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** The quickstart cannot go on; the message says what to do. */
export class QuickstartError extends Error {
  override readonly name = 'QuickstartError';
}

/**
 * Makes what the quickstart's configuration refers to, before its references are resolved:
 * certificates, master key and credential. What is there is kept.
 *
 * @param stateDirectory absolute; gets `quickstart/`, mode 0700
 * @throws QuickstartError, FolderInUseError
 */
export async function prepareQuickstart(
  stateDirectory: string,
  ports: QuickstartPorts,
): Promise<void> {
  const folder = join(stateDirectory, 'quickstart');
  await makePrivateFolder(folder);
  // Two first starts at once would mix each other's halves of a key pair.
  const lock = await lockFolder(folder);
  try {
    await prepareCertificates(folder, ports.clock);
    await prepareMasterKey(folder, join(stateDirectory, 'keys'), ports);
    await prepareCredential(folder, ports);
  } finally {
    await lock.release();
  }
}

async function prepareMasterKey(
  folder: string,
  keysFolder: string,
  { randomBytes }: QuickstartPorts,
): Promise<void> {
  const path = join(folder, 'master.key');
  if ((await readIfPresent(path)) !== undefined) return;
  if (await hasKeyDocuments(keysFolder)) {
    throw new QuickstartError(
      `${keysFolder} holds keys, and the master key that opens them is missing: ${path}. ` +
        'A new one would not open them. Put it back, or move the key folder away to start afresh.',
    );
  }
  await writeFileAtomically(path, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
}

/** The file for the KMS console goes last: as long as it is missing, nobody has used the others. */
async function prepareCredential(folder: string, { randomBytes }: QuickstartPorts): Promise<void> {
  const idPath = join(folder, 'access-key-id');
  const secretPath = join(folder, 'secret-access-key');
  const consolePath = join(folder, 'xks-proxy-configuration.json');
  if ((await readIfPresent(consolePath)) !== undefined) return;
  const { accessKeyId, secretAccessKey } = generateCredential(randomBytes);
  await writeFileAtomically(idPath, `${accessKeyId}\n`);
  await writeFileAtomically(secretPath, `${secretAccessKey.reveal()}\n`);
  const file = toConsoleExport({
    uriPath: '/quickstart/kms/xks/v1',
    credentials: new Map([[accessKeyId, secretAccessKey]]),
  });
  await writeFileAtomically(consolePath, `${JSON.stringify(file, null, 2)}\n`);
}

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toConsoleExport } from '../../src/key-stores/console-export.js';
import { codeOf } from '../../src/shared/errno.js';
import { Secret } from '../../src/shared/secret.js';
import { canaries } from './canaries.js';

const ACCESS_KEY_ID = 'QUICKSTARTQUICKSTART';
const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
/** Those that one quickstart has made, for all the others. */
const CERTIFICATES = join(CACHE, 'quickstart-certificates');
const CERTIFICATE_FILES = ['ca.pem', 'ca.key', 'server.pem', 'server.key'];

/**
 * Puts the secrets that the quickstart would make in place before its first start, so that the
 * search of the logs knows them. All of them: it would make those anew that belong to a missing
 * one.
 */
export function plantQuickstartSecrets(stateDirectory: string): void {
  const folder = join(stateDirectory, 'quickstart');
  if (existsSync(folder)) return;
  mkdirSync(folder, { mode: 0o700 });
  const secret = canaries.quickstartSecretAccessKey;
  const console = toConsoleExport('/quickstart/kms/xks/v1', {
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: new Secret(secret),
  });
  const files = {
    'master.key': canaries.masterKey.toString('base64'),
    'access-key-id': ACCESS_KEY_ID,
    'secret-access-key': secret,
    'xks-proxy-configuration.json': JSON.stringify(console),
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), `${content}\n`, { mode: 0o600 });
  }
  if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, folder, { recursive: true });
}

/** Keeps the certificates that a quickstart has made: they take a tenth of its start. */
export function keepQuickstartCertificates(stateDirectory: string): void {
  const made = CERTIFICATE_FILES.map((name) => join(stateDirectory, 'quickstart', name));
  if (existsSync(CERTIFICATES) || !made.every((file) => existsSync(file))) return;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(`${CERTIFICATES}-`);
  for (const file of made) copyFileSync(file, join(folder, basename(file)));
  try {
    renameSync(folder, CERTIFICATES);
  } catch (error) {
    // Another worker was faster.
    if (codeOf(error) !== 'ENOTEMPTY') throw error;
    rmSync(folder, { recursive: true });
  }
}

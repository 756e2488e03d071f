import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toConsoleExport } from '../../src/key-stores/console-export.js';
import { Secret } from '../../src/shared/secret.js';
import { canaries } from './canaries.js';

const ACCESS_KEY_ID = 'QUICKSTARTQUICKSTART';

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
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installedModule, type TestToken, testPin } from './pkcs11.js';

const run = promisify(execFile);

/** Where Debian and Fedora put the library; next to it lie those that it loads. */
export const nssModule = installedModule([
  '/usr/lib/x86_64-linux-gnu/libsoftokn3.so',
  '/usr/lib/aarch64-linux-gnu/libsoftokn3.so',
  '/usr/lib64/libsoftokn3.so',
]);

/** An NSS token of a test's own. */
export interface NssToken extends TestToken {
  remove(): void;
}

/** Makes an empty database with a PIN. Whoever calls removes it. */
export async function makeNssToken(): Promise<NssToken> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-nss-'));
  const database = join(folder, 'database');
  mkdirSync(database);
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, `${testPin.reveal()}\n`, { mode: 0o600 });
  await run('certutil', ['-N', '-d', `sql:${database}`, '-f', pinFile]);
  return {
    folder,
    config: {
      module: nssModule ?? 'libsoftokn3.so',
      libraryParameters: `configdir='sql:${database}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`,
      environment: [],
      profile: 'nss',
    },
    token: { label: 'NSS Certificate DB' },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installedModule, type TestToken, testPin } from './pkcs11.js';

const run = promisify(execFile);
const SO_PIN = 'canary-so-pin-52';
const LABEL = 'holdfast';

/** Where Debian, Fedora and Homebrew put the library. */
export const softHsmModule = installedModule([
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]);

/** A SoftHSM token of a test's own. */
export interface SoftHsmToken extends TestToken {
  /** Where SoftHSM keeps the token's files. */
  readonly tokensFolder: string;
  /** Makes the token anew, empty, as another process would. */
  initialise(): Promise<void>;
  /** Calls softhsm2-util with this token's configuration. */
  util(...args: readonly string[]): Promise<void>;
  remove(): void;
}

/** Makes an empty token. Whoever calls removes it. */
export async function makeSoftHsmToken(): Promise<SoftHsmToken> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-softhsm-'));
  const tokensFolder = join(folder, 'tokens');
  mkdirSync(tokensFolder);
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokensFolder}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const util = async (...args: readonly string[]) => {
    await run('softhsm2-util', args, { env: { ...process.env, SOFTHSM2_CONF: configuration } });
  };
  const pins = ['--label', LABEL, '--so-pin', SO_PIN, '--pin', testPin.reveal()];
  await util('--init-token', '--free', ...pins);
  return {
    folder,
    tokensFolder,
    config: {
      module: softHsmModule ?? 'libsofthsm2.so',
      libraryParameters: undefined,
      environment: [{ name: 'SOFTHSM2_CONF', value: configuration }],
      profile: 'softhsm',
    },
    token: { label: LABEL },
    util,
    initialise: () => util('--init-token', '--token', LABEL, ...pins),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

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
  /** Makes the token anew, empty, as another process would; or makes another one. */
  initialise(label?: string): Promise<void>;
  /**
   * Imports AES material, as an operator would with the vendor's tool.
   *
   * @param material letters and digits: softhsm2-util stops reading at some bytes
   */
  importKey(label: string, id: string, material: Buffer, token?: string): Promise<void>;
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
  const pin = ['--pin', testPin.reveal()];
  const initialise = (label: string, where: readonly string[]) =>
    util('--init-token', ...where, '--label', label, '--so-pin', SO_PIN, ...pin);
  await initialise(LABEL, ['--free']);
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
    initialise: (label) =>
      label === undefined ? initialise(LABEL, ['--token', LABEL]) : initialise(label, ['--free']),
    async importKey(label, id, material, inToken = LABEL) {
      const file = join(folder, `${label}.key`);
      writeFileSync(file, material, { mode: 0o600 });
      const names = ['--label', label, '--id', Buffer.from(id).toString('hex')];
      await util('--import', file, '--aes', ...names, '--token', inToken, ...pin);
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

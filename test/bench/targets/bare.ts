import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-ports.js';
import { folderOnDisk } from './disk.js';
import { makeIdentity } from './identity.js';
import { startServer } from './server-process.js';
import type { RunningTarget, Target } from './target.js';

/** The suites of the specification, so that both servers negotiate the same one. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

/** What `bare-server.mjs` reads from its settings file. */
interface BareServerSettings {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
  readonly ciphers: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** 256 bits, hexadecimal. */
  readonly keyMaterial: string;
  /** A file that gets 1 KB a request, on the disk before the answer; absent for none. */
  readonly recordsFile?: string;
}

/** The yardstick: a `node:https` server that does the unavoidable work and nothing else. */
export const bare: Target = {
  name: 'bare',
  start: () => startBare('bare', () => ({})),
};

/** The same with 1 KB a request in a file, which is synced before the answer, for many at once. */
export const bareSynced: Target = {
  name: 'bare-synced',
  start: () => startBare('bare-synced', (folder) => ({ recordsFile: join(folder, 'records') })),
};

async function startBare(
  name: string,
  more: (stateDirectory: string) => Partial<BareServerSettings>,
): Promise<RunningTarget> {
  const stateDirectory = await mkdtemp(join(await folderOnDisk(), `holdfast-bench-${name}-`));
  const settings = { ...(await makeSettings()), ...more(stateDirectory) };
  const settingsFile = join(stateDirectory, 'settings.json');
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const server = await startServer({
    arguments: [fileURLToPath(new URL('../bare-server.mjs', import.meta.url)), settingsFile],
    port: settings.port,
    stateDirectory,
  });
  return {
    ...server,
    name,
    endpoint: {
      host: settings.host,
      port: settings.port,
      certificateAuthority: settings.certificate,
      uriPath: '/quickstart/kms/xks/v1',
      externalKeyId: 'quickstart-key',
      region: 'eu-west-1',
      accessKeyId: settings.accessKeyId,
      secretAccessKey: settings.secretAccessKey,
    },
  };
}

async function makeSettings(): Promise<BareServerSettings> {
  const identity = await makeIdentity();
  return {
    host: '127.0.0.1',
    port: await freePort(),
    ...identity,
    ciphers: CIPHERS,
    accessKeyId: 'BENCHMARKACCESSKEYID',
    secretAccessKey: randomBytes(33).toString('base64'),
    keyMaterial: randomBytes(32).toString('hex'),
  };
}

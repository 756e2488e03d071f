import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { freePort } from '../../support/free-ports.js';
import { testPin } from '../../support/pkcs11.js';
import { sampleKeyStore, sampleSettings } from '../../support/sample-settings.js';
import type { SoftHsmToken } from '../../support/softhsm.js';
import { folderOnDisk } from './disk.js';
import { makeIdentity } from './identity.js';
import { startServer } from './server-process.js';
import { shareToken } from './shared-token.js';
import type { Endpoint, RunningTarget, Target } from './target.js';

/** The variable that names the built program of AWS's sample proxy. */
export const AWS_PROXY_VARIABLE = 'HOLDFAST_BENCH_AWS_PROXY';

/** The key that Holdfast makes in the token when it starts; the proxy finds it by its label. */
const KEY_LABEL = 'quickstart-key';

/** AWS's Rust proxy on the token that Holdfast uses; absent where no program is named. */
export const awsProxy: Target | undefined = awsProxyOf(process.env[AWS_PROXY_VARIABLE]);

function awsProxyOf(program: string | undefined): Target | undefined {
  if (program === undefined || program === '') return undefined;
  return {
    name: 'aws-rust',
    start: async () => {
      const shared = await shareToken();
      const server = await startAwsProxy(program, shared.token);
      return {
        ...server,
        stop: async () => {
          await server.stop();
          shared.release();
        },
      };
    },
  };
}

async function startAwsProxy(program: string, token: SoftHsmToken): Promise<RunningTarget> {
  const stateDirectory = await mkdtemp(join(await folderOnDisk(), 'holdfast-bench-aws-rust-'));
  const logs = join(stateDirectory, 'logs');
  await mkdir(logs);
  const identity = await makeIdentity();
  const endpoint = makeEndpoint(await freePort(), identity.certificate);
  await write(stateDirectory, 'server.pem', identity.certificate);
  await write(stateDirectory, 'server.key', identity.privateKey);
  await write(stateDirectory, 'settings.toml', settingsOf(endpoint, stateDirectory, token));
  const server = await startServer({
    program,
    arguments: [],
    environment: {
      XKS_PROXY_SETTINGS_TOML: join(stateDirectory, 'settings.toml'),
      ...Object.fromEntries(token.config.environment.map(({ name, value }) => [name, value])),
    },
    port: endpoint.port,
    stateDirectory,
  });
  return {
    ...server,
    name: 'aws-rust',
    endpoint,
    discardLog: async () => {
      for (const file of await readdir(logs)) await truncate(join(logs, file));
    },
  };
}

function makeEndpoint(port: number, certificateAuthority: string): Endpoint {
  return {
    // Not its address, which wrk would send as the server's name: rustls refuses that.
    host: 'localhost',
    port,
    certificateAuthority,
    uriPath: '/bench/store/kms/xks/v1',
    externalKeyId: KEY_LABEL,
    region: 'eu-west-1',
    accessKeyId: 'BENCHMARKACCESSKEYID',
    secretAccessKey: randomBytes(33).toString('base64'),
  };
}

/** The sample's settings for production, on SoftHSM: TLS, signatures checked, INFO to a file. */
function settingsOf(endpoint: Endpoint, stateDirectory: string, token: SoftHsmToken): string {
  const settings = sampleSettings();
  return stringify({
    ...settings,
    server: {
      ...settings.server,
      port: endpoint.port,
      port_http_ping: endpoint.port,
      region: endpoint.region,
      ciphertext_metadata_b64: Buffer.from('v0.0.1').toString('base64'),
    },
    tracing: {
      is_stdout_writer_enabled: false,
      is_file_writer_enabled: true,
      level: 'INFO',
      directory: join(stateDirectory, 'logs'),
      file_prefix: 'xks-proxy.log',
      rotation_kind: 'HOURLY',
    },
    security: { ...settings.security, is_tls_enabled: true },
    tls: {
      tls_cert_pem: join(stateDirectory, 'server.pem'),
      tls_key_pem: join(stateDirectory, 'server.key'),
    },
    external_key_stores: [
      sampleKeyStore({
        uri_path_prefix: endpoint.uriPath.replace('/kms/xks/v1', ''),
        sigv4_access_key_id: endpoint.accessKeyId,
        sigv4_secret_access_key: endpoint.secretAccessKey,
        xks_key_id_set: [KEY_LABEL],
      }),
    ],
    pkcs11: {
      ...settings.pkcs11,
      user_pin: testPin.reveal(),
      PKCS11_HSM_MODULE: token.config.module,
    },
  });
}

function write(folder: string, name: string, content: string): Promise<void> {
  return writeFile(join(folder, name), content, { mode: 0o600 });
}

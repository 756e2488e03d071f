import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import {
  type IssuedCertificate,
  issueCertificate,
  makeCertificateAuthority,
} from './certificates.js';
import { type CommandResult, holdfast } from './holdfast-command.js';
import { HoldfastProcess } from './holdfast-process.js';
import { temporaryFolder } from './temporary-folder.js';
import type { Credential } from './xks-requests.js';

const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** The credential of every key store of these servers. */
export const CREDENTIAL: Credential = {
  accessKeyId: 'KEYMANAGERKEYMANAGER',
  secretAccessKey: 'canary/key/manager/secret/access/key/012345678',
};

/** A certificate for a host, and whom it chains to. */
export interface LocalCertificate extends IssuedCertificate {
  readonly host: string;
  readonly ca: string;
}

/** A running server. */
export interface ServedKeyManagers {
  /** Its configuration. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  /** Makes an external key, as `holdfast keys create` does. */
  createKey(externalKeyId: string, keyStore: string): Promise<void>;
  /** Runs the command-line program against it. */
  holdfast(...args: readonly string[]): Promise<CommandResult>;
  stop(): Promise<void>;
}

/** Makes the certificate that servers keep over a move. */
export async function localCertificate(host = 'localhost'): Promise<LocalCertificate> {
  // Of a name of its own: OpenSSL takes the first of two authorities that have one name.
  const authority = await makeCertificateAuthority(`Authority of ${host}`);
  const names = { commonName: host, dnsNames: [host] };
  return { ...(await issueCertificate(authority, names)), host, ca: authority.certificate };
}

/**
 * Starts a server with these key managers, in a new state folder.
 *
 * @param keyStores name of a key store, which is its path as well, to that of its key manager
 * @param init the first start's option
 */
export async function serveKeyManagers(
  certificate: LocalCertificate,
  keyManagers: readonly object[],
  keyStores: Readonly<Record<string, string>>,
  init: readonly string[] = ['--init'],
): Promise<ServedKeyManagers> {
  const folder = temporaryFolder();
  const secret = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const masterKey = secret('master.key', Buffer.alloc(32, 6).toString('base64'));
  const file = secret(
    'holdfast.yaml',
    stringify(
      {
        stateDirectory: folder,
        listeners: [
          {
            name: 'xks',
            host: '127.0.0.1',
            port: 0,
            tls: {
              certificateChain: secret('chain.pem', certificate.certificate),
              privateKey: secret('key.pem', certificate.privateKey),
            },
          },
        ],
        operations: { host: '127.0.0.1', port: 0 },
        drainDelayMs: 0,
        audit: { signingKey: { masterKey: { key: `\${file:${masterKey}}` } } },
        keyManagers,
        keyStores: Object.entries(keyStores).map(([name, keyManager]) => ({
          name,
          pathPrefix: `/${name}`,
          keyManager,
          exposes: 'all',
          credentials: [{ ...CREDENTIAL, accessKeyId: accessKeyIdOf(name) }],
        })),
      },
      { aliasDuplicateObjects: false },
    ),
  );
  return { ...(await startOn(file, init)), host: certificate.host, ca: certificate.ca };
}

/** The access key id of a key store: no two have one in common. */
export function accessKeyIdOf(keyStore: string): string {
  return `${keyStore.toUpperCase()}${CREDENTIAL.accessKeyId}`.slice(0, 20);
}

/** Starts a server for the length of a test. @param file its configuration */
export async function startOn(
  file: string,
  init: readonly string[] = ['--init'],
): Promise<Omit<ServedKeyManagers, 'host' | 'ca'>> {
  const env = { ...process.env, HOLDFAST_CONFIG: file };
  const server = new HoldfastProcess(env, [program, 'serve', ...init]);
  onTestFinished(async () => {
    await server.end('SIGKILL');
  });
  const { listeners } = await server.started();
  const run = (...args: readonly string[]) => holdfast({ HOLDFAST_CONFIG: file }, ...args);
  return {
    file,
    port: listeners[0].port,
    holdfast: run,
    createKey: async (externalKeyId, keyStore) => {
      const { code, stderr } = await run('keys', 'create', externalKeyId, '--key-store', keyStore);
      if (code !== 0) throw new Error(stderr);
    },
    stop: async () => {
      await server.end('SIGTERM');
    },
  };
}

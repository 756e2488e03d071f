import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Status } from '../../src/admin/contract/status.js';
import { AdminClient } from '../../src/cli/admin-client.js';
import {
  type CertificateAuthority,
  issueCertificate,
  type IssuedCertificate,
  makeCertificateAuthority,
} from './certificates.js';
import { freePorts } from './free-ports.js';
import { type HoldfastServer, startHoldfast } from './holdfast-server.js';
import { plantQuickstartSecrets } from './quickstart-secrets.js';
import { XksClient } from './xks-client.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

type Fields = Record<string, unknown>;

/** A configuration that a test changes between reloads. */
export interface ReloadedConfiguration extends Fields {
  readonly listeners: Fields[];
  readonly keyManagers: Fields[];
  readonly keyStores: Fields[];
}

/** A server whose configuration and certificates a test changes. */
export interface ReloadedServer {
  readonly server: HoldfastServer;
  /** The folder of its configuration and its files. */
  readonly folder: string;
  readonly authority: CertificateAuthority;
  /** As it was written last. */
  readonly configuration: ReloadedConfiguration;
  /** Ports that are free for further listeners. */
  readonly spare: readonly number[];
  /** Writes the configuration's file, as a text editor would. */
  readonly write: (configuration: object | string) => void;
  /** Replaces the files of the listener's certificate. */
  readonly certify: (issued: IssuedCertificate) => void;
  readonly issue: (commonName: string) => Promise<IssuedCertificate>;
  /** Speaks to the server whatever the configuration says. */
  readonly admin: AdminClient;
  readonly status: () => Promise<Status>;
  /** A client of the key store `quickstart`, which keeps its connection. */
  readonly client: () => XksClient;
}

/**
 * Starts a server with TLS, a key manager and a key store.
 *
 * @param folder for everything, empty
 * @param change changes the configuration that it starts with; it may write files to the folder
 * @param env variables that the server is started with
 * @param nodeFlags of node, before the program
 */
export async function launchReloaded(
  folder: string,
  change: (
    configuration: ReloadedConfiguration,
    authority: CertificateAuthority,
    folder: string,
  ) => void,
  env: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): Promise<ReloadedServer> {
  plantQuickstartSecrets(folder);
  const authority = await makeCertificateAuthority();
  writeFileSync(join(folder, 'quickstart', 'ca.pem'), authority.certificate);
  const issue = (commonName: string) =>
    issueCertificate(authority, { commonName, dnsNames: ['localhost', commonName] });
  mkdirSync(join(folder, 'tls'));
  const certify = ({ certificate, privateKey }: IssuedCertificate) => {
    replaceFile(join(folder, 'tls', 'chain.pem'), certificate);
    replaceFile(join(folder, 'tls', 'key.pem'), privateKey);
  };
  certify(await issue('first.example'));
  const [port = 0, ...spare] = await freePorts(4);
  const configuration = configurationOn(port);
  change(configuration, authority, folder);
  const server = await startHoldfast({
    configuration,
    stateDirectory: folder,
    args: [...nodeFlags, program, 'serve', '--init'],
    env,
  });
  const admin = new AdminClient(server.adminSocket);
  return {
    ...{ server, folder, authority, configuration, spare, certify, issue },
    write(text) {
      const file = join(folder, 'holdfast.yaml');
      writeFileSync(
        file,
        typeof text === 'string' ? text : stringify(text, { aliasDuplicateObjects: false }),
      );
    },
    admin,
    status: () => admin.call('showStatus', {}),
    client: () => new XksClient({ ...server, ca: authority.certificate }),
  };
}

function configurationOn(port: number): ReloadedConfiguration {
  const tls = { certificateChain: 'tls/chain.pem', privateKey: 'tls/key.pem' };
  return {
    stateDirectory: '.',
    listeners: [{ name: 'xks', host: '127.0.0.1', port, tls }],
    operations: { port: 0 },
    drainDelayMs: 0,
    // A machine that runs many tests at once is slower than one that serves.
    deadlineMs: 10_000,
    audit: {
      directory: 'audit',
      signingKey: { masterKey: { key: '${file:quickstart/master.key}' } },
    },
    keyManagers: [keyManager('files')],
    keyStores: [keyStore('quickstart', 'files')],
  };
}

/** A key manager in a folder of its own name. */
export function keyManager(name: string): Fields {
  const masterKey = { key: '${file:quickstart/master.key}' };
  return { name, type: 'file', directory: `keys-${name}`, masterKey };
}

/** The access key id of a key store of such a configuration. */
export function accessKeyIdOf(keyStoreName: string): string {
  return keyStoreName.toUpperCase().padEnd(10, 'X').repeat(2);
}

/** A key store with the quickstart's secret, at a path of its own name. */
export function keyStore(name: string, manager: string): Fields {
  const credential = {
    accessKeyId: accessKeyIdOf(name),
    secretAccessKey: '${file:quickstart/secret-access-key}',
  };
  return {
    ...{ name, pathPrefix: `/${name}`, keyManager: manager, exposes: 'all', shared: true },
    credentials: [credential],
  };
}

/** A new file in the place of the old one, as programs that renew certificates put it there. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

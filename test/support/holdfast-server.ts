import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { checkAuditRecords } from './audit-records.js';
import { type CommandResult, holdfast } from './holdfast-command.js';
import { HoldfastProcess } from './holdfast-process.js';
import { keepQuickstartCertificates, plantQuickstartSecrets } from './quickstart-secrets.js';
import type { Credential } from './xks-requests.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How to start a server other than the quickstart on ports of its own. */
export interface HoldfastOptions {
  /** What the configuration file says; default the quickstart's. Ports of 0 are free ones. */
  readonly configuration?: object;
  /** An existing state folder, which is kept at the end; default a new one, which is not. */
  readonly stateDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Command line of node that becomes the server; default `holdfast serve`. */
  readonly args?: readonly string[];
}

/** Where a running server is, and what a client of its quickstart key store needs. */
export interface HoldfastServer {
  readonly pid: number;
  readonly stateDirectory: string;
  /** Ports of the XKS listeners by name. */
  readonly ports: ReadonlyMap<string, number>;
  /** Port of the first XKS listener. */
  readonly port: number;
  readonly operationsPort: number;
  readonly adminSocket: string;
  /** PEM of what the quickstart's certificate chains to. */
  readonly ca: string;
  /** As in the file for the KMS console. */
  readonly uriPath: string;
  readonly credential: Credential;
  /** All that the server has written to stdout and stderr. */
  log(): string;
  /** Tells people whether it runs or how it has ended. */
  toldOfEnd(): string;
  /** Runs the command-line program against this server. */
  holdfast(...args: readonly string[]): Promise<CommandResult>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Waits up to 30 s until it ends. @returns the exit code, or the name of the signal */
  ended(): Promise<number | string>;
  /** SIGTERM. @returns the exit code, or the name of the signal that ended it */
  stop(): Promise<number | string>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
}

/** The quickstart's configuration on free ports, for a test to change. */
export function quickstartConfiguration(): QuickstartConfiguration {
  const text = readFileSync(join(root, 'config', 'quickstart.yaml'), 'utf8');
  const configuration = parse(text) as QuickstartConfiguration;
  for (const listener of configuration.listeners) listener['port'] = 0;
  return { ...configuration, stateDirectory: '.' };
}

/** The parts of the quickstart's configuration that tests change. */
export interface QuickstartConfiguration {
  readonly listeners: Record<string, unknown>[];
  readonly keyStores: Record<string, unknown>[];
  readonly [field: string]: unknown;
}

/**
 * Starts the built server as a process of its own and waits until it says that it has started.
 * Needs `npm run build`.
 *
 * @throws Error when it exits, or has not started within 30 s; with what it printed
 */
export async function startHoldfast(options: HoldfastOptions = {}): Promise<HoldfastServer> {
  const { folder, env } = prepare(options);
  const server = new HoldfastProcess(env, options.args);
  const { listeners, operations, adminSocket } = await server.started();
  keepQuickstartCertificates(folder);
  const end = async (signal: NodeJS.Signals) => {
    const code = await server.end(signal);
    await checkAuditRecords(folder);
    if (options.stateDirectory === undefined) await rm(folder, { recursive: true, force: true });
    return code;
  };
  return {
    ...readQuickstart(folder),
    ports: new Map(listeners.map(({ name, port }) => [name, port])),
    port: listeners[0].port,
    operationsPort: operations.port,
    adminSocket,
    pid: server.pid,
    stateDirectory: folder,
    log: () => server.log(),
    toldOfEnd: () => server.toldOfEnd,
    holdfast: (...args) => holdfast(env, ...args),
    signal: (signal) => {
      server.signal(signal);
    },
    ended: () => server.ended(),
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
  };
}

/** Starts a server that is expected to end by itself, and waits for that. */
export async function startInVain(
  options: HoldfastOptions & { readonly stateDirectory: string },
): Promise<{ readonly code: number | string; readonly log: string }> {
  const server = new HoldfastProcess(prepare(options).env);
  return { code: await server.ended(), log: server.log() };
}

function prepare(options: HoldfastOptions): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = options.stateDirectory ?? mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  plantQuickstartSecrets(folder);
  const configFile = join(folder, 'holdfast.yaml');
  const configuration = options.configuration ?? quickstartConfiguration();
  writeFileSync(configFile, stringify(configuration, { aliasDuplicateObjects: false }));
  return { folder, env: { ...process.env, HOLDFAST_CONFIG: configFile, ...options.env } };
}

function readQuickstart(stateDirectory: string) {
  const read = (name: string) => readFileSync(join(stateDirectory, 'quickstart', name), 'utf8');
  const console = JSON.parse(read('xks-proxy-configuration.json')) as {
    XksProxyUriPath: string;
    XksProxyAuthenticationCredential: { AccessKeyId: string; RawSecretAccessKey: string };
  };
  const { AccessKeyId, RawSecretAccessKey } = console.XksProxyAuthenticationCredential;
  return {
    ca: read('ca.pem'),
    uriPath: console.XksProxyUriPath,
    credential: { accessKeyId: AccessKeyId, secretAccessKey: RawSecretAccessKey },
  };
}

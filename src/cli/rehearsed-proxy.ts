import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { loadConfiguration } from '../configuration/configuration-file.js';
import { quickstartFiles } from '../configuration/quickstart-files.js';
import type { Configuration } from '../configuration/schema.js';
import { parseConsoleFile, UnusableText } from '../doctor/target.js';
import { parseResolvedHost } from '../shared/resolved-host.js';
import type { Place, ProxyCredential, RehearsedProxy } from '../rehearse/proxy.js';
import { systemClock } from '../shared/clock.js';
import { Secret } from '../shared/secret.js';
import { CliError, EXIT } from './exit.js';
import { readNamedFile } from './read-small-file.js';
import type { Terminal } from './terminal.js';
import { messageOf } from '../shared/reason-of.js';

const URI_PATH_SUFFIX = '/kms/xks/v1';
/** Addresses to listen on that are none to connect to. */
const REACHED_AT: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
  localhost: '127.0.0.1',
};

/** The options of a command line that name a running proxy. */
export interface ProxyOptions {
  readonly config?: string;
  readonly keyStore?: string;
  readonly proxy?: string;
  readonly ca?: string;
  readonly credential?: string;
  readonly reserveCredential?: string;
  readonly auditLog?: string;
  readonly restartCommand?: string;
}

type Named = Partial<Omit<RehearsedProxy, 'restart'>>;

/**
 * Finds the proxy that options name: what its configuration says of it, and what options say
 * instead.
 *
 * @returns undefined where they name none
 * @throws CliError or ConfigurationError
 */
export async function namedProxy(
  options: ProxyOptions,
  { env }: Terminal,
): Promise<RehearsedProxy | undefined> {
  if (options.config === undefined && options.proxy === undefined) {
    requireNoOther(options);
    return undefined;
  }
  const configured = options.config === undefined ? {} : ofConfiguration(options, env);
  const found = { ...configured, ...(await ofOptions(options)) };
  const { host, place, uriPath, credential } = found;
  if (host === undefined || place === undefined) {
    throw usage('Name the proxy: --proxy HOST=ADDRESS:PORT.');
  }
  if (uriPath === undefined || credential === undefined) {
    const whose =
      options.config === undefined ? '' : 'The configuration has no credential for it. ';
    throw usage(
      `${whose}Name the JSON file for the KMS console, with path and credential: --credential FILE. ` +
        'holdfast key-stores export NAME --output FILE writes it.',
    );
  }
  const restart = restartBy(options.restartCommand, place);
  return { ...found, host, place, uriPath, credential, restart };
}

function requireNoOther(options: ProxyOptions): void {
  const { keyStore, ca, credential, reserveCredential, auditLog, restartCommand } = options;
  const others = [keyStore, ca, credential, reserveCredential, auditLog, restartCommand];
  if (others.every((value) => value === undefined)) return;
  throw usage('These options are about a running proxy, and none is named: --config or --proxy.');
}

function ofConfiguration({ config = '', keyStore }: ProxyOptions, env: Terminal['env']): Named {
  const { configuration } = loadConfiguration(config, env, systemClock);
  const { keyStores, audit, quickstart, stateDirectory } = configuration;
  const found = keyStores.find(({ name }) => keyStore === undefined || name === keyStore);
  if (found === undefined) {
    const names = keyStores.map(({ name }) => name).join(', ');
    throw usage(`${config} has no key store ${String(keyStore)}; it has: ${names}.`);
  }
  const [credential, reserveCredential] = found.credentials;
  return {
    ...listenerOf(config, configuration),
    uriPath: `${found.pathPrefix}${URI_PATH_SUFFIX}`,
    ...(credential === undefined ? {} : { credential, reserveCredential }),
    ...(quickstart ? { ca: quickstartFiles(stateDirectory).authority } : {}),
    auditLog: audit?.directory,
  };
}

/** The first listener with TLS, as far as it can be connected to. */
function listenerOf(config: string, { listeners }: Configuration): Named {
  const listener = listeners.find(({ tls }) => tls !== undefined);
  const address = REACHED_AT[listener?.host ?? ''] ?? listener?.host ?? '';
  if (listener === undefined) return {};
  if (isIP(address) === 0) throw usage(`${config} listens on ${address}: add --proxy.`);
  const host = listener.tls?.publicNames[0] ?? 'localhost';
  return listener.port === 0 ? {} : { host, place: { address, port: listener.port } };
}

async function ofOptions(options: ProxyOptions): Promise<Named> {
  const { ca, auditLog } = options;
  const reserve = await consoleFile(options.reserveCredential);
  const file = await consoleFile(options.credential);
  return {
    ...placeOf(options.proxy),
    ...(ca === undefined ? {} : { ca: resolve(ca) }),
    ...(auditLog === undefined ? {} : { auditLog: resolve(auditLog) }),
    ...(file === undefined ? {} : { credential: file.credential, reserveCredential: undefined }),
    ...(file?.uriPath === undefined ? {} : { uriPath: file.uriPath }),
    ...(reserve === undefined ? {} : { reserveCredential: reserve.credential }),
  };
}

function placeOf(text: string | undefined): Pick<Named, 'host' | 'place'> {
  if (text === undefined) return {};
  try {
    const { host, address, port } = parseResolvedHost(text);
    return { host, place: { address, port } };
  } catch (error) {
    throw usage(`--proxy: ${messageOf(error)}`);
  }
}

async function consoleFile(
  path: string | undefined,
): Promise<{ credential: ProxyCredential; uriPath?: string | undefined } | undefined> {
  if (path === undefined) return undefined;
  try {
    const text = (await readNamedFile(path, 'the credential')).toString();
    const { credential, uriPath } = parseConsoleFile(path, text);
    const secretAccessKey = new Secret(credential.secretAccessKey);
    return { credential: { accessKeyId: credential.accessKeyId, secretAccessKey }, uriPath };
  } catch (error) {
    if (error instanceof UnusableText) throw usage(error.message);
    throw error;
  }
}

/** Runs a command in the shell, whose output goes to standard error. */
function restartBy(command: string | undefined, place: Place): RehearsedProxy['restart'] {
  if (command === undefined) return undefined;
  return async () => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the restart command ended with ${code ?? 'a signal'}`);
    return place;
  };
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

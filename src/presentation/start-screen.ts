import type { AddressInfo } from 'node:net';
import type { NodeReport } from '../key-managers/key-manager.js';
import { alignColumns } from '../shared/columns.js';
import { printableLine } from '../shared/printable.js';
import { formatAddress } from '../composition/address.js';
import { isShort } from '../composition/descriptors.js';
import type { StartReport } from '../composition/start-report.js';
import { firstCommands } from './first-commands.js';
import type { Configuration } from '../configuration/schema.js';
import { counted } from '../shared/counted.js';

/** Renders what is served where, with which key managers: a few lines for people. */
export function renderStartScreen(screen: StartReport): string {
  const lines = [
    `Holdfast ${screen.version} serves. Ctrl-C stops it.`,
    '',
    ...group('Configuration in force', [
      ['file', screen.configurationFile],
      ['SHA-256', screen.configurationHash],
    ]),
    ...quickstartGroups(screen),
    ...group(
      'Listeners, which AWS KMS calls',
      screen.listeners.map(({ server, address, security }) => [
        server.name,
        place(address),
        security,
      ]),
    ),
    ...descriptorGroup(screen),
    ...group(
      'Key stores, with their XksProxyUriPath',
      screen.keyStores.map((keyStore) => [
        keyStore.name,
        keyStore.uriPath,
        `key manager ${keyStore.keyManager}, ${counted(keyStore.credentials.size, 'credential')}`,
      ]),
    ),
    ...group(
      'Key managers, with the health of each node',
      screen.keyManagers.flatMap(({ name, type, nodes }) =>
        nodes.map((node) => [
          name,
          `type ${type}`,
          `node ${node.name}, location ${node.location}: ${healthOf(node)}`,
        ]),
      ),
    ),
    ...group('Operations listener, for probes and metrics', [
      [`http://${place(screen.operations)}`],
    ]),
    ...auditGroup(screen),
    ...group('Admin socket, for the commands "holdfast keys" and "holdfast key-stores"', [
      [screen.adminSocket],
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Says, when a signal has come, how long stopping takes and what ends it sooner. */
export function renderStopping({
  drainDelayMs,
  listeners,
}: Pick<Configuration, 'drainDelayMs' | 'listeners'>): string {
  const longestMs = Math.max(...listeners.map(({ limits }) => limits.requestTimeoutMs));
  const draining =
    drainDelayMs === 0
      ? ''
      : `requests are still taken for ${seconds(drainDelayMs)} (drainDelayMs), and then `;
  return (
    `Stopping: ${draining}what is in flight may finish, for up to ${seconds(longestMs)}. ` +
    'A second Ctrl-C ends it at once.\n'
  );
}

/** The same for programs: the fields of the log's line *started*. */
export function startedFields(screen: StartReport): object {
  const { version, configurationHash, listeners, operations, adminSocket, audit } = screen;
  return {
    version,
    configuration: configurationHash,
    listeners: listeners.map(({ server: { name }, address: { address, port }, security }) => ({
      name,
      address,
      port,
      security,
    })),
    openFilesLimit: screen.descriptors?.limit,
    operations: { address: operations.address, port: operations.port },
    adminSocket,
    auditPublicKey: audit?.publicKey,
  };
}

/** Nothing, unless there is something to do about it. */
function descriptorGroup({ descriptors, listeners }: StartReport): string[] {
  if (descriptors === undefined || !isShort(descriptors)) return [];
  return group(
    `TOO FEW FILES: the process may open ${String(descriptors.limit)} (ulimit -n) and is configured to use ` +
      `${String(descriptors.wanted)}. So these take fewer connections than maxConnections`,
    listeners.map(({ server: { name } }, index) => [
      name,
      counted(descriptors.connections[index] ?? 0, 'connection'),
    ]),
  );
}

function auditGroup({ audit }: StartReport): string[] {
  if (audit === undefined) return group('Audit log', [['none: nothing is recorded']]);
  return group('Audit log, with the key that verifies it: keep a copy elsewhere', [
    [audit.directory],
    [audit.publicKey],
  ]);
}

function quickstartGroups({ quickstart, listeners, adminSocket }: StartReport): string[] {
  if (quickstart === undefined) return [];
  return [
    ...group('Quickstart, made on the first start', [
      ['certificate authority for your client to trust', quickstart.authority],
      ['JSON file for the KMS console, holds a secret', quickstart.consoleFile],
    ]),
    'Next, in another terminal',
    ...firstCommands({ authority: quickstart.authority, listeners, adminSocket }).map(
      (command) => `  ${command}`,
    ),
  ];
}

/** Writes the health of a node. Its detail may quote a server or a file name, so it is escaped. */
function healthOf({ status, detail }: NodeReport): string {
  return detail === undefined ? status : `${status} (${printableLine(detail)})`;
}

function group(title: string, rows: readonly (readonly string[])[]): string[] {
  return [title, ...alignColumns(rows).map((line) => `  ${line}`)];
}

function place({ address, port }: AddressInfo): string {
  return formatAddress(address, port);
}

function seconds(ms: number): string {
  return `${String(ms / 1_000)} s`;
}

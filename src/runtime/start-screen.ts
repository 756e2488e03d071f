import type { AddressInfo } from 'node:net';
import type { NodeReport } from '../key-managers/key-manager.js';
import type { KeyStore } from '../key-stores/key-store.js';
import { alignColumns } from '../shared/columns.js';
import { formatAddress } from './address.js';
import type { ServingListener } from './listeners.js';

/** What the start screen shows. */
export interface StartScreen {
  readonly version: string;
  readonly configurationFile: string;
  readonly configurationHash: string;
  readonly listeners: readonly ServingListener[];
  readonly operations: AddressInfo;
  readonly adminSocket: string;
  readonly keyStores: readonly KeyStore[];
  readonly keyManagers: readonly {
    readonly name: string;
    readonly type: string;
    readonly nodes: readonly NodeReport[];
  }[];
}

/** Renders what is served where, with which key managers: a few lines for people. */
export function renderStartScreen(screen: StartScreen): string {
  const lines = [
    `Holdfast ${screen.version}`,
    '',
    ...group(
      'Listening',
      screen.listeners.map(({ server, address, security }) => [
        server.name,
        place(address),
        security,
      ]),
    ),
    ...group(
      'Key stores',
      screen.keyStores.map((keyStore) => [
        keyStore.name,
        keyStore.uriPath,
        `key manager ${keyStore.keyManager}, ${countOf(keyStore.credentials.size, 'credential')}`,
      ]),
    ),
    ...group(
      'Key managers',
      screen.keyManagers.flatMap(({ name, type, nodes }) =>
        nodes.map((node) => [name, type, `${node.name} in ${node.location}: ${node.status}`]),
      ),
    ),
    ...group('Operations', [['probes and metrics', `http://${place(screen.operations)}`]]),
    ...group('Admin API', [['socket', screen.adminSocket]]),
    ...group('Configuration', [
      ['file', screen.configurationFile],
      ['SHA-256', screen.configurationHash],
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for programs: the fields of the log's line *started*. */
export function startedFields(screen: StartScreen): object {
  const { version, configurationHash, listeners, operations, adminSocket } = screen;
  return {
    version,
    configuration: configurationHash,
    listeners: listeners.map(({ server: { name }, address: { address, port }, security }) => ({
      name,
      address,
      port,
      security,
    })),
    operations: { address: operations.address, port: operations.port },
    adminSocket,
  };
}

function group(title: string, rows: readonly (readonly string[])[]): string[] {
  return [title, ...alignColumns(rows).map((line) => `  ${line}`)];
}

function place({ address, port }: AddressInfo): string {
  return formatAddress(address, port);
}

function countOf(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

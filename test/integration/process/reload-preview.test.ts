import { chmodSync, copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FIELD_CHANGES } from '../../../src/configuration/changes/field-changes.js';
import {
  keyManager,
  keyStore,
  type ReloadedConfiguration,
  type ReloadedServer,
} from '../../support/launch-reloaded.js';
import { startReloaded } from '../../support/reloaded-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WEBHOOK_SECRET } from '../../support/webhook-receiver.js';

type Change = (server: ReloadedServer) => object;

/** The only listener, changed. */
const listener =
  (change: (tls: object, server: ReloadedServer) => object): Change =>
  (server) => {
    const [first] = server.configuration.listeners;
    const tls = Object(first?.['tls']) as object;
    return { listeners: [{ ...first, ...change(tls, server) }] };
  };

/** The audit log, changed. */
const audit =
  (fields: object): Change =>
  ({ configuration }) => ({ audit: { ...Object(configuration['audit']), ...fields } });

const clients = { roots: ['quickstart/ca.pem'], allowedNames: ['a', 'b'] };

/** A change of each field of the table. */
const CHANGES: Readonly<Record<string, Change>> = {
  stateDirectory: ({ folder }) => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(folder, link);
    return { stateDirectory: link };
  },
  quickstart: ({ folder }) => {
    chmodSync(join(folder, 'quickstart', 'ca.pem'), 0o600);
    return { quickstart: true };
  },
  listeners: ({ configuration: { listeners }, spare }) => ({
    listeners: [...listeners, { ...listeners[0], name: 'more', port: spare[0] }],
  }),
  'listeners.name': listener(() => ({ name: 'other' })),
  'listeners.limits': listener(() => ({ limits: { maxConnections: 7 } })),
  'listeners.plainHttp': listener(() => ({ tls: undefined, plainHttp: true })),
  'listeners.tls': listener((tls, { folder }) => {
    copyFileSync(join(folder, 'tls', 'chain.pem'), join(folder, 'tls', 'copy.pem'));
    return { tls: { ...tls, certificateChain: 'tls/copy.pem' } };
  }),
  'listeners.tls.clientCertificates': listener((tls) => ({
    tls: { ...tls, clientCertificates: { ...clients, allowedNames: ['a'] } },
  })),
  operations: ({ spare }) => ({ operations: { port: spare[1] } }),
  admin: () => ({ admin: { socket: 'other.sock' } }),
  drainDelayMs: () => ({ drainDelayMs: 7 }),
  deadlineMs: () => ({ deadlineMs: 9_000 }),
  keyManagerLimits: () => ({ keyManagerLimits: { maxConcurrent: 7 } }),
  log: () => ({ log: { level: 'debug' } }),
  audit: audit({ retentionDays: 9 }),
  'audit.sinks': audit({ sinks: [{ name: 'out', type: 'stdout' }] }),
  state: () => ({ state: { type: 'files', sealing: { key: '${file:quickstart/master.key}' } } }),
  notifications: () => ({
    notifications: {
      webhooks: [{ name: 'siem', url: 'https://127.0.0.1:1/', secret: WEBHOOK_SECRET }],
    },
  }),
  proxyFleetSize: () => ({ proxyFleetSize: 3 }),
  keyManagers: () => ({ keyManagers: [{ ...keyManager('files'), location: 'Bern' }] }),
  keyStores: ({ configuration: { keyStores } }) => ({
    keyStores: [...keyStores, keyStore('hr', 'files')],
  }),
};

/** All changes of these fields; of two that change one list, the later counts. */
function together(server: ReloadedServer, fields: readonly string[]): ReloadedConfiguration {
  const changes = fields.map((field) => CHANGES[field]?.(server) ?? {});
  return Object.assign({}, server.configuration, ...changes) as ReloadedConfiguration;
}

it('each field of docs/reload.md → changes as its row says, and all that a reload changes at once', async () => {
  const server = await startReloaded(({ listeners: [first] }) => {
    if (first !== undefined)
      first['tls'] = { ...Object(first['tls']), clientCertificates: clients };
  });
  const { write, admin, configuration } = server;
  expect(Object.keys(CHANGES)).toEqual(Object.keys(FIELD_CHANGES));
  const taken: string[] = [];
  for (const [field, { how }] of Object.entries(FIELD_CHANGES)) {
    write({ ...configuration, ...CHANGES[field]?.(server) });
    const { refusals, differences } = await admin.call('previewReload', {});
    expect(differences, field).not.toEqual([]);
    if (how === 'reload') {
      expect(refusals, field).toEqual([]);
      taken.push(field);
    } else expect(refusals.join(), field).toMatch(new RegExp(`^${field.split('.')[0]}`));
  }
  write(together(server, taken));
  const reloaded = await admin.call('reload', { body: {} });
  expect(reloaded.generation).toBe(2);
});

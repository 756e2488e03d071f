import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyManager, keyStore, type ReloadedServer } from '../../support/launch-reloaded.js';
import { ReloadRounds } from '../../support/reload-rounds.js';
import { startReloaded } from '../../support/reloaded-server.js';
import {
  expectRefused,
  health,
  servedName,
  withPolicies,
  writePolicy,
} from '../../support/reloads.js';
import { WEBHOOK_SECRET, WebhookReceiver } from '../../support/webhook-receiver.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('a reload while a client keeps its connection', () => {
  it('with other certificates, key stores, key managers and listeners → in force, nothing cut', async () => {
    const reloaded = await startReloaded();
    const { server, configuration, write, spare, client } = reloaded;
    const kept = client();
    expect(await health(kept)).toBe(200);

    reloaded.certify(await reloaded.issue('second.example'));
    const [listener] = configuration.listeners;
    const listeners = [listener, { ...listener, name: 'more', port: spare[0] }];
    const keyManagers = [...configuration.keyManagers, keyManager('second')];
    const keyStores = [...configuration.keyStores, keyStore('hr', 'second')];
    const log = { requests: 'all' };
    const receiver = await WebhookReceiver.start();
    const webhook = { name: 'siem', url: receiver.url, ca: receiver.ca, secret: WEBHOOK_SECRET };
    const notifications = { webhooks: [webhook] };
    const others = { listeners, keyManagers, keyStores, log, notifications };
    write({ ...configuration, ...others, deadlineMs: 20_000 });
    const preview = await reloaded.admin.call('previewReload', {});
    expect(preview.refusals).toEqual([]);
    expect(preview.differences).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'keyStores[hr]', change: 'added' }),
        expect.objectContaining({ path: 'keyManagers[second]', change: 'added' }),
        expect.objectContaining({ path: 'listeners[more]', change: 'added' }),
        expect.objectContaining({ path: 'deadlineMs', before: '10000', after: '20000' }),
        expect.objectContaining({ path: 'listeners[xks].tls.certificateChain', change: 'changed' }),
      ]),
    );
    const refused = await server.holdfast('reload');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('start once with --init');
    expect(await server.holdfast('reload', '--init')).toMatchObject({ code: 0 });

    expect(server.log()).not.toContain('"component":"request"');
    expect(await health(kept)).toBe(200);
    expect(await health(kept, 'hr')).toBe(200);
    await expect.poll(() => server.log()).toContain('"component":"request"');
    expect(await server.holdfast('notify', 'test', 'siem')).toMatchObject({ code: 0 });
    expect(await servedName(reloaded)).toBe('second.example');
    expect(await servedName(reloaded, spare[0])).toBe('second.example');
    expect(await reloaded.status()).toMatchObject({
      generation: { number: 2 },
      lastReload: { result: 'success', trigger: 'command' },
    });
    const { stdout: unchanged } = await server.holdfast('reload', '--dry-run');
    expect(unchanged).toContain('There is nothing to change: generation 2 would stay in force.\n');
    expect(unchanged).not.toContain('..');

    write(configuration);
    server.signal('SIGHUP');
    await expect.poll(async () => (await reloaded.status()).generation.number).toBe(3);
    expect(await health(kept)).toBe(200);
    expect(await health(kept, 'hr')).toBe(404);
    await expect.poll(() => server.log()).toContain('the key manager is closed');
    const afterwards = { keyManagers: [{ name: 'files' }], webhooks: [] };
    expect(await reloaded.status()).toMatchObject(afterwards);
  });
});

type Damage = (server: ReloadedServer) => void | Promise<void>;

const DAMAGES: readonly (readonly [string, Damage, RegExp])[] = [
  [
    'a YAML that is cut off',
    ({ write }) => {
      write('listeners:\n  - name: "xk');
    },
    /1 problem/,
  ],
  [
    'fields that only a restart changes',
    ({ write, configuration }) => {
      write({ ...configuration, admin: { socket: 'other.sock' } });
    },
    /admin\.socket changes with a restart alone/,
  ],
  [
    'a key manager whose folder is in use',
    ({ write, configuration }) => {
      write({ ...configuration, keyManagers: [{ ...keyManager('files'), location: 'Bern' }] });
    },
    /has the folder .*keys-files to itself/,
  ],
  [
    'a listener whose limits are others',
    ({ write, configuration }) => {
      const [listener] = configuration.listeners;
      write({ ...configuration, listeners: [{ ...listener, limits: { maxConnections: 7 } }] });
    },
    /listeners\[xks\]\.limits cannot be changed/,
  ],
  [
    'a listener that is renamed on its address',
    ({ write, configuration }) => {
      const [listener] = configuration.listeners;
      write({ ...configuration, listeners: [{ ...listener, name: 'public' }] });
    },
    /listeners\[public\] is the listener xks on the same address.*restart Holdfast/,
  ],
  [
    'a listener whose address is taken',
    ({ write, configuration, server }) => {
      const [listener] = configuration.listeners;
      const taken = { ...listener, name: 'taken', port: server.operationsPort };
      write({ ...configuration, listeners: [listener, taken] });
    },
    /is in use/,
  ],
  [
    'a policy that does not parse',
    ({ write, folder, configuration }) => {
      writePolicy(folder, 'permit (principal, action, resource');
      write({ ...configuration, keyStores: [withPolicies(configuration)] });
    },
    /new\.cedar/,
  ],
  [
    'a certificate without its key',
    async ({ write, certify, issue, configuration }) => {
      write(configuration);
      const { certificate } = await issue('other.example');
      certify({ certificate, privateKey: (await issue('third.example')).privateKey });
    },
    /belong/,
  ],
];

describe('a reload that cannot be done', () => {
  it('whatever it is → the generation before serves, and everything says why', async () => {
    const reloaded = await startReloaded();
    for (const [index, [, damage, reason]] of DAMAGES.entries()) {
      await damage(reloaded);
      await expectRefused(reloaded, reason, index + 1);
    }
    await expect.poll(() => reloaded.server.log()).toContain('"event":"reload-failed"');
  });
});

describe('a reload that fails when all of it is prepared', () => {
  it('→ policies, listeners and key managers are given back, and the next one is done', async () => {
    const reloaded = await startReloaded((starting) => {
      starting['state'] = { type: 'files', sealing: { key: '${file:quickstart/master.key}' } };
    });
    const { admin, write, configuration, spare, server, client, folder } = reloaded;
    writeFileSync(join(folder, 'permit.cedar'), 'permit(principal, action, resource);');
    const [first] = configuration.keyStores;
    const keyStores = [{ ...first, policies: { files: ['permit.cedar'] } }];
    const pathParameters = { keyStore: 'quickstart' };
    const { accessKeyId } = await admin.call('addCredential', { pathParameters, body: {} });
    const [listener] = configuration.listeners;
    const more = {
      ...configuration,
      listeners: [listener, { ...listener, name: 'more', port: spare[0] }],
      keyManagers: [...configuration.keyManagers, keyManager('second')],
    };
    const twice = keyStore('second', 'second');
    const [credential] = twice['credentials'] as object[];
    const taken = { ...twice, credentials: [{ ...credential, accessKeyId }] };
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      write({ ...more, keyStores: [...keyStores, taken] });
      const reload = admin.call('reload', { body: { init: true } });
      await expect(reload).rejects.toThrow(/was added at run time as well/);
      await expect(servedName(reloaded, spare[0])).rejects.toThrow('ECONNREFUSED');
    }
    write({ ...more, keyStores: [...keyStores, twice] });
    expect(await server.holdfast('reload', '--init')).toMatchObject({ code: 0 });
    expect(await health(client(), 'second')).toBe(200);
  });
});

describe('reloads while requests run', () => {
  it('of certificates, policies, credentials, key stores and key managers → no request and no connection lost', async () => {
    const load = await ReloadRounds.start(temporaryFolder(), { clients: 4 });
    for (let round = 1; round <= 4; round += 1) await load.round(round);
    const outcome = await load.end();
    expect(outcome).toMatchObject({ failures: [], connections: 4 });
    // The certificate may be taken by itself before the reload, which is one more generation.
    expect(outcome.generation).toBeGreaterThanOrEqual(5);
    expect(outcome.requests).toBeGreaterThan(20);
  });
});

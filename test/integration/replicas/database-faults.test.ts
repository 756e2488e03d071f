import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { AdminClient } from '../../../src/cli/admin-client.js';
import { ReplicaLoad } from '../../support/replica-load.js';
import type { Replica } from '../../support/replica-process.js';
import { Replicas } from '../../support/replicas.js';
import { describeWithReplicas } from '../../support/replicas-suite.js';
import { OAEP_2048, wrap } from '../../support/wrapping-pair.js';
import type { Reply } from '../../support/xks-client.js';
import { decryptBody, encryptBody } from '../../support/xks-requests.js';

/** Longer than a statement may take, so that replicas notice. */
const UNTIL_NOTICED_MS = 3_000;
/** After a failover nothing changes for the length of a lease. */
const AGAIN = { timeout: 60_000, interval: 250 };

const by = (externalKeyId: string) => ({ pathParameters: { externalKeyId }, query: {} });

/** Makes a key of imported material. */
async function importKey(admin: AdminClient, externalKeyId: string): Promise<void> {
  const usage = ['ENCRYPT' as const, 'DECRYPT' as const];
  const wanted = { externalKeyId, keyStore: 'quickstart', usage, origin: 'external' } as const;
  await admin.call('createKey', { body: wanted });
  const parameters = { ...by(externalKeyId), body: OAEP_2048 };
  const { publicKey, importToken } = await admin.call('getImportParameters', parameters);
  const wrapped = wrap(OAEP_2048, Buffer.from(publicKey, 'base64'), Buffer.alloc(32, 3));
  const body = { encryptedKeyMaterial: wrapped.toString('base64'), importToken };
  await admin.call('importKeyMaterial', { ...by(externalKeyId), body });
}

describeWithReplicas('two replicas whose database fails', ({ postgres }) => {
  let replicas: Replicas;
  let one: Replica;
  let two: Replica;
  let made = 0;
  beforeAll(async () => {
    const masterKey = { key: '${file:quickstart/master.key}' };
    replicas = await Replicas.launch(postgres, { state: { withoutStore: { masterKey } } });
    [one, two] = [replicas.replica(0), replicas.replica(1)];
  });
  afterAll(() => replicas.dispose());

  it.each<{ name: string; fail: () => unknown; mend: () => unknown }>([
    {
      name: 'killed and started again',
      fail: () => replicas.database.stop('SIGKILL'),
      mend: () => replicas.database.start(),
    },
    {
      name: 'in a black hole',
      fail: () => {
        replicas.relay.swallow();
      },
      mend: () => {
        replicas.relay.letThrough();
      },
    },
    {
      name: 'cut off from all connections',
      fail: () => {
        replicas.relay.cut();
      },
      mend: () => undefined,
    },
  ])('the database is $name → no request fails, and changes go on', async ({ fail, mend }) => {
    const load = new ReplicaLoad(replicas.endpoint);
    await load.more(50);
    await fail();
    await load.more(50, one.name);
    await pause(UNTIL_NOTICED_MS);
    await load.more(50, two.name);
    await mend();
    await changesGoOn();
    expect((await load.stop()).failures).toEqual([]);
  });

  it('without a database → a change is refused in words, health is degraded, /readyz is not', async () => {
    replicas.relay.swallow();
    await expect(one.createKey('not-now')).rejects.toThrow(/state store/);
    for (const replica of [one, two]) {
      const ready = await fetch(`http://127.0.0.1:${replica.operationsPort}/readyz`);
      expect(ready.status).toBe(200);
    }
    replicas.relay.letThrough();
    await changesGoOn();
    expect([...(await two.keys()).keys()]).not.toContain('not-now');
  });

  it('started without a database → decrypts from its last copy what nobody can have destroyed, and does not encrypt, until it is back', async () => {
    const body = encryptBody();
    const key = `key-${made}`;
    const sealed = await one.call(key, 'encrypt', body);
    const { admin } = one;
    const imported: Reply[] = [];
    for (const id of ['deleted', 'kept']) {
      await importKey(admin, id);
      await vi.waitFor(async () => {
        const answer = await two.call(id, 'encrypt', body);
        expect(answer.status).toBe(200);
        imported.push(answer);
      }, AGAIN);
    }
    await two.stop();
    await admin.call('deleteImportedMaterial', by('deleted'));
    replicas.relay.swallow();
    await two.start();
    expect(await two.standing()).toBe('from-copy');
    const opened = await two.call(key, 'decrypt', decryptBody(sealed.json ?? {}));
    expect(opened.json).toEqual({ plaintext: body['plaintext'] });
    const refused = await two.call(key, 'encrypt', body);
    expect(refused.json).toMatchObject({ errorName: 'InternalException' });
    // Imported material is deleted without a wait, so nobody knows whether it was.
    for (const [at, id] of ['deleted', 'kept'].entries()) {
      const answer = await two.call(id, 'decrypt', decryptBody(imported[at]?.json ?? {}));
      expect(answer.json).toMatchObject({ errorName: 'InternalException' });
    }
    const listed = await two.server.holdfast('keys', 'list');
    expect(listed).toMatchObject({ code: 0, stderr: expect.stringContaining('may be missing') });
    replicas.relay.letThrough();
    await changesGoOn();
    expect(await two.call(key, 'encrypt', body)).toMatchObject({ status: 200 });
    const [gone, kept] = imported.map(({ json }) => decryptBody(json ?? {}));
    expect((await two.call('kept', 'decrypt', kept ?? {})).status).toBe(200);
    const answer = await two.call('deleted', 'decrypt', gone ?? {});
    expect(answer.json).toMatchObject({ errorName: 'InvalidStateException' });
  });

  it('failed over to a synchronous standby → no request fails, no acknowledged change is lost', async () => {
    const load = new ReplicaLoad(replicas.endpoint);
    const standby = await replicas.database.startStandby('standby');
    await replicas.database.waitForStandby('standby');
    await one.createKey('before-the-failover');
    await replicas.database.stop('SIGKILL');
    await standby.promote();
    await replicas.moveTo(standby);
    await changesGoOn();
    expect((await load.stop()).failures).toEqual([]);
    expect(await usable('before-the-failover')).toBe(true);
  });

  it('failed over to a standby that lagged → no request fails, no change is made, until state recover brings the lost ones back', async () => {
    const load = new ReplicaLoad(replicas.endpoint);
    const standby = await replicas.database.startStandby('laggard');
    await replicas.database.waitForStandby('');
    await standby.lag();
    await one.createKey('lost-with-the-primary');
    await replicas.database.stop('SIGKILL');
    await standby.promote();
    await replicas.moveTo(standby);
    await vi.waitFor(async () => {
      const refusal = await two.createKey('meanwhile').then(
        () => 'made',
        (error: unknown) => String(error),
      );
      expect(refusal).toMatch(/state recover/);
    }, AGAIN);
    await load.more(50, one.name);
    await load.more(50, two.name);
    const recovered = await one.server.holdfast('state', 'recover');
    expect(recovered).toMatchObject({ code: 0 });
    expect(recovered.stdout).toContain('lost-with-the-primary');
    if ((await two.standing()) === 'gone-back') await two.server.holdfast('state', 'recover');
    await changesGoOn();
    expect((await load.stop()).failures).toEqual([]);
    await vi.waitFor(async () => {
      expect(await usable('lost-with-the-primary')).toBe(true);
    }, AGAIN);
  });

  /** Creates a key at each until it works, and uses it at the other. */
  async function changesGoOn(): Promise<void> {
    for (const replica of [one, two]) {
      await vi.waitFor(async () => {
        made += 1;
        await replica.createKey(`key-${made}`);
      }, AGAIN);
      // The other replica has it within a second.
      await vi.waitFor(async () => {
        expect(await usable(`key-${made}`)).toBe(true);
      }, AGAIN);
    }
  }

  /** Encrypts at each and decrypts at the other. */
  async function usable(id: string): Promise<boolean> {
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const sealed = await from.call(id, 'encrypt', encryptBody());
      const opened = await to.call(id, 'decrypt', decryptBody(sealed.json ?? {}));
      if (sealed.status !== 200 || opened.status !== 200) return false;
    }
    return true;
  }
});

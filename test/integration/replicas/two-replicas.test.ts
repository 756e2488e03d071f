import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { blocksGivenTwice, drawnBlocks, logDrawnBlocks } from '../../support/drawn-blocks.js';
import { ReplicaLoad } from '../../support/replica-load.js';
import type { Replica } from '../../support/replica-process.js';
import { Replicas } from '../../support/replicas.js';
import { describeWithReplicas } from '../../support/replicas-suite.js';
import { openStore, stateSql } from '../../support/postgres-state.js';
import {
  type Credential,
  decryptBody,
  encryptBody,
  metadataBody,
} from '../../support/xks-requests.js';

const CONNECTIONS = 8;
const WAIT = { timeout: 30_000, interval: 50 };

describeWithReplicas('two replicas on one state store behind HAProxy', ({ postgres, faketime }) => {
  let replicas: Replicas;
  let one: Replica;
  let two: Replica;
  beforeAll(async () => {
    replicas = await Replicas.launch(postgres);
    await logDrawnBlocks(replicas.database, replicas.state);
    [one, two] = [replicas.replica(0), replicas.replica(1)];
  });
  afterAll(() => replicas.dispose());

  it('a key created at one → the other describes and uses it at once, each decrypts what the other encrypts', async () => {
    await one.createKey('payroll');
    expect(await two.call('payroll', 'metadata', metadataBody())).toMatchObject({ status: 200 });
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const body = encryptBody();
      const sealed = await from.call('payroll', 'encrypt', body);
      expect(sealed.status).toBe(200);
      const opened = await to.call('payroll', 'decrypt', decryptBody(sealed.json ?? {}));
      expect(opened.json).toEqual({ plaintext: body['plaintext'] });
    }
  });

  it('a key created at one, of which nobody asks → the other lists it', async () => {
    await two.createKey('unasked');
    await vi.waitFor(async () => {
      expect([...(await one.keys()).keys()]).toContain('unasked');
    }, WAIT);
  });

  it('two create the same id at once → one does, the other says that it is there; both use it', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `contested-${round}`;
      const outcomes = await Promise.allSettled([one.createKey(id), two.createKey(id)]);
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(String(refused[0]?.reason)).toContain(id);
      const sealed = await one.call(id, 'encrypt', encryptBody());
      const opened = await two.call(id, 'decrypt', decryptBody(sealed.json ?? {}));
      expect(opened.status).toBe(200);
    }
  });

  it('a key is blocked at one → the next request at either is refused, and GetKeyMetadata says so', async () => {
    await one.createKey('to-be-blocked');
    const sealed = await two.call('to-be-blocked', 'encrypt', encryptBody());
    expect(sealed.status).toBe(200);
    const blocking = ['keys', 'block', 'to-be-blocked', '--reason', 'incident', '--json'];
    const { stdout } = await one.server.holdfast(...blocking);
    expect(JSON.parse(stdout)).toMatchObject({ kept: 'store', unconfirmed: [] });
    for (const replica of [one, two]) {
      const refused = await replica.call(
        'to-be-blocked',
        'decrypt',
        decryptBody(sealed.json ?? {}),
      );
      expect(refused.json).toMatchObject({ errorName: 'InvalidStateException' });
      const described = await replica.call('to-be-blocked', 'metadata', metadataBody());
      expect(described.json).toMatchObject({ keyStatus: 'DISABLED' });
    }
    await two.server.holdfast('keys', 'unblock', 'to-be-blocked', '--reason', 'it is over');
    for (const replica of [one, two]) {
      const opened = await replica.call('to-be-blocked', 'decrypt', decryptBody(sealed.json ?? {}));
      expect(opened.status).toBe(200);
    }
  });

  it('a credential is added at one, and removed → signs at the other, and is refused there', async () => {
    await one.createKey('signed-with-another');
    const call = async (replica: Replica, credential: Credential) =>
      (await replica.call('signed-with-another', 'metadata', metadataBody(), { credential }))
        .status;
    const add = ['credentials', 'add', '--key-store', 'quickstart', '--json'];
    const credential = JSON.parse((await one.server.holdfast(...add)).stdout) as Credential;
    expect(credential).toMatchObject({ confirmed: ['xks-1', 'xks-2'], unconfirmed: [] });
    expect(await call(one, credential)).toBe(200);
    await vi.waitFor(async () => {
      expect(await call(two, credential)).toBe(200);
    }, WAIT);
    const remove = ['credentials', 'remove', credential.accessKeyId];
    await vi.waitFor(async () => {
      const { stderr } = await one.server.holdfast(...remove);
      expect(stderr).toContain('was used at');
    }, WAIT);
    for (const [act, status] of [
      ['disable', 401],
      ['enable', 200],
      ['remove', 401],
    ] as const) {
      const force = act === 'enable' ? [] : ['--force'];
      const acted = ['credentials', act, credential.accessKeyId, ...force, '--json'];
      const { stdout } = await two.server.holdfast(...acted);
      expect(JSON.parse(stdout)).toMatchObject({ confirmed: ['xks-2', 'xks-1'], unconfirmed: [] });
      expect([await call(two, credential), await call(one, credential)]).toEqual([status, status]);
    }
  });

  it('one is killed under load → what was in flight on it is lost, and nothing else', async () => {
    const load = new ReplicaLoad(replicas.endpoint, { connections: CONNECTIONS });
    await load.more(100);
    await two.kill();
    await load.more(200, 'xks-1');
    await two.start();
    await load.more(20, 'xks-2');
    const { failures } = await load.stop();
    expect(failures.filter(({ wasAnswered }) => wasAnswered)).toEqual([]);
    expect(failures.filter(({ replica }) => replica === 'xks-1')).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(CONNECTIONS);
  });

  it('restarted one after the other, one of them in another build → nothing is lost', async () => {
    const load = new ReplicaLoad(replicas.endpoint, { connections: CONNECTIONS });
    for (const [replica, program] of [
      [two, replicas.otherBuild()],
      [one, undefined],
    ] as const) {
      await load.more(20);
      expect(await replica.stop()).toBe(0);
      await replica.start({}, program);
      await load.more(20, replica.name);
      await replica.createKey(`made-by-${replica.name}`);
    }
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    const keys = await one.keys();
    await vi.waitFor(async () => {
      expect(await two.keys()).toEqual(keys);
    });
  });

  it('the clock of one is 60 s ahead → the leases hold, keys of each are used at the other', async () => {
    await two.stop();
    await two.start({
      LD_PRELOAD: faketime,
      FAKETIME: '+60s',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    const load = new ReplicaLoad(replicas.endpoint, { connections: CONNECTIONS });
    await one.createKey('by-the-slow-clock');
    await two.createKey('by-the-fast-clock');
    for (const id of ['by-the-slow-clock', 'by-the-fast-clock']) {
      const sealed = await one.call(id, 'encrypt', encryptBody());
      const opened = await two.call(id, 'decrypt', decryptBody(sealed.json ?? {}), {
        at: Date.now() + 60_000,
      });
      expect(opened).toMatchObject({ status: 200 });
    }
    await load.more(100);
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    await two.stop();
    await two.start();
  });

  it('both give every key a new version at the same time → one version each, and both use it', async () => {
    const body = encryptBody();
    const old = await one.call('payroll', 'encrypt', body);
    const before = await one.keys();
    await Promise.all([one.stop(), two.stop()]);
    // Counts that nobody knows: every start makes new versions, before it serves.
    await stateSql(replicas.database, replicas.state, 'DELETE FROM $schema.counters');
    await Promise.all([one.start(), two.start()]);
    const expected = new Map([...before].map(([id, version = 0]) => [id, version + 1]));
    for (const replica of [one, two]) {
      await vi.waitFor(async () => {
        expect(await replica.keys()).toEqual(expected);
      }, WAIT);
    }
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const sealed = await from.call('payroll', 'encrypt', body);
      for (const each of [old, sealed]) {
        const opened = await to.call('payroll', 'decrypt', decryptBody(each.json ?? {}));
        expect(opened.json).toEqual({ plaintext: body['plaintext'] });
      }
    }
  });

  it('one is suspended while the other destroys a key → not one answer with it when it is back', async () => {
    await one.createKey('shredded');
    const body = encryptBody();
    const sealed = await two.call('shredded', 'encrypt', body);
    expect(sealed.status).toBe(200);
    two.server.signal('SIGSTOP');
    const asked = ['keys', 'schedule-deletion', 'shredded', '--days', '7', '--yes'];
    expect(await one.server.holdfast(...asked)).toMatchObject({ code: 0 });
    await endWaiting(replicas, 'files/shredded');
    await vi.waitFor(async () => {
      const certified = await one.server.holdfast('keys', 'certificate', 'shredded');
      expect(certified).toMatchObject({ code: 0 });
    }, WAIT);
    const answers = Array.from({ length: 8 }, (_, n) =>
      n % 2 === 0
        ? two.call('shredded', 'encrypt', body)
        : two.call('shredded', 'decrypt', decryptBody(sealed.json ?? {})),
    );
    two.server.signal('SIGCONT');
    for (const { json } of await Promise.all(answers)) {
      expect(json).toMatchObject({
        errorName: expect.stringMatching(/^(KeyNotFound|Internal)Exception$/u) as string,
      });
    }
    await vi.waitFor(async () => {
      const { json } = await two.call('shredded', 'encrypt', body);
      expect(json).toMatchObject({ errorName: 'KeyNotFoundException' });
    }, WAIT);
  });

  it('one is cut off while the other moves the keys to a folder → it makes and serves none when it is back', async () => {
    const body = encryptBody();
    const sealed = await two.call('payroll', 'encrypt', body);
    two.server.signal('SIGSTOP');
    const lease = "DELETE FROM $schema.leases WHERE name = 'xks-2'";
    await stateSql(replicas.database, replicas.state, lease);
    const directory = join(one.folder, 'keys');
    await vi.waitFor(async () => {
      const moved = await one.server.holdfast('keys', 'move', 'files', '--to', 'folder', directory);
      expect(moved).toMatchObject({ code: 0 });
    }, WAIT);
    two.server.signal('SIGCONT');
    // At first it may know no more than that its lease has ended.
    await expect(two.createKey('lost')).rejects.toThrow();
    await vi.waitFor(() => {
      expect(two.server.log()).toContain(directory);
    }, WAIT);
    // Nor that the store answers again.
    await vi.waitFor(async () => {
      await expect(two.createKey('lost-too')).rejects.toThrow(directory);
    }, WAIT);
    const opened = await two.call('payroll', 'decrypt', decryptBody(sealed.json ?? {}));
    expect(opened.json).toMatchObject({ errorName: 'InternalException' });
    const served = await one.call('payroll', 'decrypt', decryptBody(sealed.json ?? {}));
    expect(served.json).toEqual({ plaintext: body['plaintext'] });
    await one.createKey('in-the-folder');
  });

  it('every block that was drawn in all of this → was given once', () => {
    expect(drawnBlocks().size).toBeGreaterThan(0);
    expect(blocksGivenTwice()).toEqual([]);
  });
});

/** Lets the waiting period of a key be over, as if it had passed. */
async function endWaiting({ state, database }: Replicas, id: string): Promise<void> {
  const tls = { certificateAuthority: database.caPath };
  const store = await openStore({ ...state, addresses: [database.address], tls }, false);
  try {
    const name = { collection: 'external-keys', id };
    const found = await store.get(name);
    const record = JSON.parse(String(found?.contents)) as { deletion: object };
    const deletion = { ...record.deletion, dueAt: new Date(0).toISOString(), dueRanMs: 0 };
    const contents = JSON.stringify({ ...record, deletion });
    await store.put({
      ...name,
      format: found?.format ?? 1,
      contents,
      replaces: found?.revision ?? 0,
    });
  } finally {
    await store.close();
  }
}

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { blocksGivenTwice, drawnBlocks, logDrawnBlocks } from '../../support/drawn-blocks.js';
import { ReplicaLoad } from '../../support/replica-load.js';
import type { Replica } from '../../support/replica-process.js';
import { Replicas } from '../../support/replicas.js';
import { describeWithReplicas } from '../../support/replicas-suite.js';
import { decryptBody, encryptBody, metadataBody } from '../../support/xks-requests.js';

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

  it('every block that was drawn in all of this → was given once', () => {
    expect(drawnBlocks().size).toBeGreaterThan(0);
    expect(blocksGivenTwice()).toEqual([]);
  });
});

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { StateStore } from '../../../src/state/store.js';
import { BlackHole } from '../../support/black-hole.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import {
  migrated,
  openStore,
  prepareDatabase,
  SERVE,
  stateSql,
} from '../../support/postgres-state.js';

const DOCUMENT = { collection: 'things', id: 'one', format: 1, contents: '1' };
const REQUEST = { counter: 'count', size: 10, limit: 1000 };

describeWithPostgres('what a store in PostgreSQL has acknowledged', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
  });
  afterEach(async () => {
    await server.waitForStandby('');
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    await server.dispose();
  });

  async function open(...args: Parameters<typeof openStore>): Promise<StateStore> {
    const store = await openStore(...args);
    ends.push(() => store.close());
    return store;
  }

  it('the server is killed amid changes, and starts again → every acknowledged one is there', async () => {
    const store = await open(await migrated(server));
    await store.beginCounter(REQUEST.counter, 0);
    const acknowledged = new Map<string, number>();
    let drawnTo = 0;
    for (let round = 0; round < 3; round += 1) {
      const changes = Array.from({ length: 200 }, async (_, index) => {
        const id = `${round}-${index}`;
        const { revision } = await store.put({ ...DOCUMENT, id, replaces: 0 });
        acknowledged.set(id, revision);
        const block = await store.drawBlock({ ...REQUEST, limit: 2 ** 40 });
        expect(block?.from).toBeGreaterThanOrEqual(drawnTo);
        drawnTo = block?.to ?? drawnTo;
      });
      const settled = Promise.allSettled(changes);
      await expect.poll(() => acknowledged.size).toBeGreaterThan(round * 20 + 10);
      await server.stop('SIGKILL');
      await settled;
      await server.start();
    }
    const { documents, mark } = await store.changesSince(0);
    const found = new Map(documents.map(({ id, revision }) => [id, revision]));
    for (const [id, revision] of acknowledged) expect(found.get(id)).toBe(revision);
    const next = await store.put({ ...DOCUMENT, replaces: 0 });
    expect(next.revision).toBeGreaterThan(mark.revision);
  });

  it('more documents than one answer has, one of them damaged → each comes once, those that change meanwhile too', async () => {
    const config = await migrated(server);
    const store = await open(config);
    await stateSql(
      server,
      config,
      "INSERT INTO $schema.documents SELECT 'things', 'd' || n, n, 1, " +
        "CASE n WHEN 1000 THEN '{' ELSE '1' END FROM generate_series(1, 2500) AS n; " +
        'UPDATE $schema.store SET revision = 2500',
    );
    const first = await store.changesSince(0);
    expect([first.documents.length, first.damaged.length, first.next]).toEqual([999, 1, 1000]);
    const changed = await store.put({ ...DOCUMENT, id: 'd1', replaces: 1 });
    const second = await store.changesSince(0, first.next);
    const third = await store.changesSince(0, second.next);
    expect(third.next).toBeUndefined();
    expect(third.mark.revision).toBe(2501);
    const later = [...second.documents, ...third.documents].map(({ revision }) => revision);
    expect(later).toEqual(Array.from({ length: 1501 }, (_, index) => 1001 + index));
    expect(third.documents.at(-1)).toEqual(changed);
  });

  it('a commit waits for a standby and is cancelled → read back when one is there, then acknowledged', async () => {
    const config = await migrated(server);
    const store = await open(config);
    await store.beginCounter(REQUEST.counter, 0);
    const other = await open(config);
    await server.waitForNobody();
    let isAcknowledged = false;
    const put = store.put({ ...DOCUMENT, replaces: 0 }).finally(() => {
      isAcknowledged = true;
    });
    await cancelWaiting(server);
    // What was cancelled is committed and everybody sees it, but it may be lost with this server.
    await expect.poll(() => other.get(DOCUMENT)).toMatchObject({ revision: 1 });
    expect(isAcknowledged).toBe(false);
    await server.waitForStandby('');
    expect(await put).toMatchObject({ revision: 1, contents: '1' });
    expect(await store.drawBlock(REQUEST)).toEqual({ from: 0, to: 10 });
  });

  it('a drawing is cancelled while it waits → its block is spent, the next one is given', async () => {
    const store = await open(await migrated(server));
    await store.beginCounter(REQUEST.counter, 0);
    await server.waitForNobody();
    const block = store.drawBlock(REQUEST);
    await cancelWaiting(server);
    await server.waitForStandby('');
    expect(await block).toEqual({ from: 10, to: 20 });
  });

  it.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'no standby comes and %s ends each wait → outcome-unknown, and no conflict with itself after',
    async (end) => {
      const config = await migrated(server);
      const store = await open({ ...config, statementTimeoutMs: 700 });
      await store.beginCounter(REQUEST.counter, 0);
      await server.waitForNobody();
      const putting = store.put({ ...DOCUMENT, replaces: 0 });
      const put = expect(putting).rejects.toMatchObject({
        code: 'outcome-unknown',
      });
      await cancelWaiting(server, end);
      await put;
      await server.waitForStandby('');
      const found = await store.get(DOCUMENT);
      expect(found?.revision).toBe(1);
      expect((await store.put({ ...DOCUMENT, replaces: 1, contents: '2' })).revision).toBe(2);
    },
  );

  it.each(['synchronous_commit = off', 'client_min_messages = error'])(
    'the role has %s → a commit waits for the standby all the same, and its warning is heard',
    async (setting) => {
      await server.sql(`ALTER ROLE ${SERVE.user} SET ${setting}`);
      ends.push(async () => {
        await server.sql(`ALTER ROLE ${SERVE.user} RESET ALL`);
      });
      const store = await open({ ...(await migrated(server)), statementTimeoutMs: 300 });
      await store.beginCounter(REQUEST.counter, 0);
      await server.waitForNobody();
      const put = store.put({ ...DOCUMENT, replaces: 0 });
      await expect(put).rejects.toMatchObject({ code: 'outcome-unknown' });
    },
  );

  it('the very first change waits for a standby in vain → unavailable: it was not begun', async () => {
    const store = await open({ ...(await migrated(server)), statementTimeoutMs: 300 });
    await server.waitForNobody();
    const put = store.put({ ...DOCUMENT, replaces: 0 });
    await expect(put).rejects.toMatchObject({ code: 'unavailable' });
    expect(await store.get(DOCUMENT)).toBeUndefined();
  });

  it('nothing comes through while a change is made → the change is told as it is', async () => {
    const relay = await BlackHole.before(server.port);
    ends.push(() =>
      Promise.resolve().then(() => {
        relay.close();
      }),
    );
    const config = await migrated(server);
    const store = await open({
      ...config,
      addresses: [`127.0.0.1:${relay.port}`],
      statementTimeoutMs: 500,
      connectTimeoutMs: 500,
    });
    const { revision } = await store.put({ ...DOCUMENT, replaces: 0 });
    relay.swallow();
    const lost = store.put({ ...DOCUMENT, replaces: revision, contents: '2' });
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.changesSince(0)).rejects.toMatchObject({ code: 'unavailable' });
    relay.letThrough();
    expect(await store.get(DOCUMENT)).toMatchObject({ revision, contents: '1' });
    const next = await store.put({ ...DOCUMENT, replaces: revision, contents: '3' });
    expect(next.revision).toBe(revision + 1);
  });

  it('the answer to a commit is swallowed → read back when the server is there, acknowledged', async () => {
    const relay = await BlackHole.before(server.port);
    ends.push(() =>
      Promise.resolve().then(() => {
        relay.close();
      }),
    );
    const config = await migrated(server);
    const store = await open({
      ...config,
      addresses: [`127.0.0.1:${relay.port}`, server.address],
      statementTimeoutMs: 2_000,
      connectTimeoutMs: 500,
    });
    await store.beginCounter(REQUEST.counter, 0);
    await server.waitForNobody();
    const put = store.put({ ...DOCUMENT, replaces: 0 });
    await untilWaiting(server);
    relay.swallow();
    await server.waitForStandby('');
    expect(await put).toMatchObject({ revision: 1 });
    expect(await stateSql(server, config, 'SELECT revision FROM $schema.documents')).toEqual([
      { revision: '1' },
    ]);
  });
});

/** Waits until a commit waits for a standby, and tells which process that is. */
async function untilWaiting(server: PostgresServer): Promise<unknown> {
  const query = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  let pid: unknown;
  await server.until(async () => {
    pid = (await server.sql(query)).rows[0]?.['pid'];
    return pid !== undefined;
  });
  return pid;
}

async function cancelWaiting(server: PostgresServer, end = 'pg_cancel_backend'): Promise<void> {
  await server.sql(`SELECT ${end}($1)`, [await untilWaiting(server)]);
}

import { afterEach, expect, it } from 'vitest';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import type { StateStore } from '../../../src/state/store.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../../support/postgres-state.js';

const DOCUMENT = { collection: 'things', id: 'one', format: 1, contents: '1' };
const REQUEST = { counter: 'count', size: 10, limit: 1000 };
const LEASE = { replica: 'a'.repeat(32), name: 'a', version: '1.0.0', format: 1, applied: 0 };

describeWithPostgres('a failover of PostgreSQL', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function launch(): Promise<{ primary: PostgresServer; standby: PostgresServer }> {
    const primary = await PostgresServer.launch(programs);
    ends.push(() => primary.dispose());
    await prepareDatabase(primary);
    const standby = await primary.startStandby('near');
    ends.push(() => standby.dispose());
    return { primary, standby };
  }

  async function open(config: PostgresStateConfig): Promise<StateStore> {
    const store = await openStore(config);
    ends.push(() => store.close());
    return store;
  }

  const bothOf = (primary: PostgresServer, standby: PostgresServer) => ({
    addresses: [primary.address, standby.address],
  });

  it('to the synchronous standby → nothing is lost; changes when every replica has had time', async () => {
    const { primary, standby } = await launch();
    await primary.waitForStandby('near');
    const config = await migrated(primary, bothOf(primary, standby));
    const [one, two] = [await open(config), await open(config)];
    await one.beginCounter(REQUEST.counter, 0);
    await two.drawBlock(REQUEST);
    const { revision } = await one.put({ ...DOCUMENT, replaces: 0 });
    const { mark } = await two.changesSince(0);
    expect(one.warnings).toEqual([]);
    await primary.stop('SIGKILL');
    await expect(one.changesSince(0)).rejects.toMatchObject({ code: 'unavailable' });
    await standby.promote();
    expect(await two.changesSince(revision)).toMatchObject({ mark, tokenThen: mark.token });
    await one.renewLease(LEASE);
    const waiting = one.drawBlock(REQUEST);
    const changing = one.put({ ...DOCUMENT, replaces: revision, contents: '2' });
    await untilMoved(standby, config);
    expect((await two.get(DOCUMENT))?.revision).toBe(revision);
    await letTimePass(standby, config);
    const next = await changing;
    expect(next.revision).toBe(revision + 1);
    // Two blocks are jumped over, which a process that is gone may have drawn in vain.
    expect(await waiting).toEqual({ from: 30, to: 40 });
    expect(await two.drawBlock(REQUEST)).toEqual({ from: 40, to: 50 });
    await primary.start(); // The former primary comes back alone: it is asked no more.
    expect((await one.changesSince(0)).mark.revision).toBe(next.revision);
  });

  it('to one that lagged → no changes and no blocks until recover brings back what replicas know', async () => {
    const { primary, standby } = await launch();
    const config = await migrated(primary, bothOf(primary, standby));
    const [one, two] = [await open(config), await open(config)];
    await one.beginCounter(REQUEST.counter, 0);
    await one.put({ ...DOCUMENT, replaces: 0 });
    await two.drawBlock(REQUEST);
    await caughtUp(primary, standby);
    await standby.lag();
    const lost = await one.put({ ...DOCUMENT, id: 'lost', replaces: 0 });
    const { mark, documents } = await one.changesSince(0);
    await primary.stop('SIGKILL');
    await standby.promote();
    expect((await one.changesSince(lost.revision)).tokenThen).toBeUndefined();
    const refused = { code: 'gone-back' };
    await expect(one.renewLease(LEASE)).rejects.toMatchObject(refused);
    await letTimePass(standby, config);
    for (const store of [one, two]) {
      const put = store.put({ ...DOCUMENT, id: 'other', replaces: 0 });
      await expect(put).rejects.toMatchObject(refused);
      await expect(store.drawBlock(REQUEST)).rejects.toMatchObject(refused);
      await expect(store.renewLease(LEASE)).rejects.toMatchObject(refused);
    }
    const back = await one.recover(documents, mark.revision);
    expect(back).toEqual([{ collection: 'things', id: 'lost' }]);
    for (const store of [one, two]) {
      await expect(store.drawBlock(REQUEST)).rejects.toMatchObject({ code: 'count-unknown' });
      await store.renewLease(LEASE);
    }
    const found = await two.get({ collection: 'things', id: 'lost' });
    expect(found?.revision).toBeGreaterThan(mark.revision);
    await two.put({ ...DOCUMENT, id: 'lost', replaces: found?.revision ?? 0, contents: '2' });
  });

  it('to one that lacks a drawing alone → gone-back, though no revision is missing', async () => {
    const { primary, standby } = await launch();
    const config = await migrated(primary, bothOf(primary, standby));
    const [one, two] = [await open(config), await open(config)];
    await one.beginCounter(REQUEST.counter, 0);
    await two.drawBlock(REQUEST);
    await one.put({ ...DOCUMENT, replaces: 0 });
    const { mark } = await one.changesSince(0);
    await caughtUp(primary, standby);
    await standby.lag();
    expect(await two.drawBlock(REQUEST)).toEqual({ from: 10, to: 20 });
    await primary.stop('SIGKILL');
    await standby.promote();
    expect((await one.changesSince(mark.revision)).tokenThen).toBe(mark.token);
    // The one that has lost nothing draws first: it has to wait for the other's word.
    const refused = expect(one.drawBlock(REQUEST)).rejects.toMatchObject({ code: 'gone-back' });
    await expect(two.renewLease(LEASE)).rejects.toMatchObject({ code: 'gone-back' });
    await refused;
  });

  it('a drawing is lost, and who drew it is gone as well → its numbers are jumped over', async () => {
    const { primary, standby } = await launch();
    const config = await migrated(primary, bothOf(primary, standby));
    const [one, gone] = [await open(config), await open(config)];
    const fresh = { counter: 'count/fresh', size: 65_536, limit: 2 ** 31 };
    await one.beginCounter(REQUEST.counter, 0);
    await one.beginCounter(fresh.counter, 0);
    await gone.drawBlock(REQUEST);
    await caughtUp(primary, standby);
    await standby.lag();
    expect(await gone.drawBlock(REQUEST)).toEqual({ from: 10, to: 20 });
    expect(await gone.drawBlock(fresh)).toEqual({ from: 0, to: 65_536 });
    await primary.stop('SIGKILL');
    await standby.promote();
    const drawing = one.drawBlock(REQUEST);
    await untilMoved(standby, config);
    await letTimePass(standby, config);
    expect((await drawing)?.from).toBeGreaterThanOrEqual(20);
    expect((await one.drawBlock(fresh))?.from).toBeGreaterThanOrEqual(65_536);
  });

  it('who made the lost change is gone, and another has seen it → it stops all, until recovered', async () => {
    const primary = await PostgresServer.launch(programs);
    ends.push(() => primary.dispose());
    await prepareDatabase(primary);
    const config = await migrated(primary);
    const [one, two] = [await open(config), await open(config)];
    await two.put({ ...DOCUMENT, replaces: 0 });
    const { mark } = await two.changesSince(0);
    await two.noteLoss?.(mark, LEASE.replica);
    await one.put({ ...DOCUMENT, id: 'other', replaces: 0 });
    const lost = { ...mark, revision: 5, token: 'f'.repeat(32) };
    await two.noteLoss?.({ ...lost, storeId: 'a'.repeat(32) }, LEASE.replica);
    await one.renewLease(LEASE);
    await two.noteLoss?.(lost, LEASE.replica);
    await expect(one.renewLease(LEASE)).rejects.toMatchObject({ code: 'gone-back' });
    expect((await one.changesSince(0)).leases).toEqual([]);
    await two.recover([], lost.revision);
    await two.noteLoss?.(lost, LEASE.replica);
    await one.renewLease(LEASE);
  });

  it('to one that lagged, and another changes the same document at once → refused, not made twice', async () => {
    const { primary, standby } = await launch();
    const config = await migrated(primary, bothOf(primary, standby));
    const [one, two] = [await open(config), await open(config)];
    const { revision } = await two.put({ ...DOCUMENT, replaces: 0 });
    await caughtUp(primary, standby);
    await standby.lag();
    await one.put({ ...DOCUMENT, replaces: revision, contents: '2' });
    await primary.stop('SIGKILL');
    await standby.promote();
    // Of this one nothing is lost, so that it alone would not notice.
    const change = two.put({ ...DOCUMENT, replaces: revision, contents: '3' });
    const refused = expect(change).rejects.toMatchObject({ code: 'gone-back' });
    await untilMoved(standby, config);
    await expect(one.renewLease(LEASE)).rejects.toMatchObject({ code: 'gone-back' });
    await refused;
    expect((await two.get(DOCUMENT))?.revision).toBe(revision);
  });

  it('the store is closed while a drawing waits → the drawing ends', async () => {
    const primary = await PostgresServer.launch(programs);
    ends.push(() => primary.dispose());
    await prepareDatabase(primary);
    const config = await migrated(primary);
    const store = await openStore(config);
    await store.beginCounter(REQUEST.counter, 0);
    await stateSql(primary, config, 'UPDATE $schema.store SET place_since = now()');
    const drawing = expect(store.drawBlock(REQUEST)).rejects.toMatchObject({ code: 'unavailable' });
    await store.close();
    await drawing;
  });

  it('a copy of its files is put back → gone-back, for a drawing too', async () => {
    const primary = await PostgresServer.launch(programs);
    ends.push(() => primary.dispose());
    await prepareDatabase(primary);
    const store = await open(await migrated(primary));
    await store.beginCounter(REQUEST.counter, 0);
    await primary.stop();
    const putBack = primary.copyFiles();
    await primary.start();
    await store.drawBlock(REQUEST);
    await primary.stop();
    putBack();
    await primary.start();
    await expect(store.drawBlock(REQUEST)).rejects.toMatchObject({ code: 'gone-back' });
  });
});

/** As if the time had passed in which replicas compare what they know. */
async function letTimePass(server: PostgresServer, config: PostgresStateConfig): Promise<void> {
  const earlier = "UPDATE $schema.store SET place_since = place_since - interval '10 s'";
  await stateSql(server, config, earlier);
}

/** Waits until the store has noted that it is on another server. */
async function untilMoved(server: PostgresServer, config: PostgresStateConfig): Promise<void> {
  const lately = "SELECT FROM $schema.store WHERE place_since > now() - interval '5 s'";
  await server.until(async () => (await stateSql(server, config, lately)).length === 1);
}

/** Waits until a standby has replayed all that its primary has. */
async function caughtUp(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const { rows } = await primary.sql('SELECT pg_current_wal_lsn()::text AS lsn');
  await standby.until(async () => {
    const query = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there';
    return (await standby.sql(query, [rows[0]?.['lsn']])).rows[0]?.['there'] === true;
  });
}

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { blockIdOf, type BlockSubject } from '../../../../src/authorization/blocks/block.js';
import { changed, isBlocked, keptIn, openOn } from '../../../support/blocks-fixture.js';
import { deferred } from '../../../support/deferred.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';
import { storeAway } from '../../../support/store-away.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

it('a key is blocked → at every replica, whatever the case of its id, and the others confirm it', async () => {
  const shared = new MemoryState();
  const here = await openOn(await stateReplica(shared));
  const there = await openOn(await stateReplica(shared, { replicaName: 'there' }));
  const outcome = await here.change(changed(true));
  expect(outcome).toMatchObject({ kept: 'store', confirmed: ['here', 'there'], unconfirmed: [] });
  expect([isBlocked(here), isBlocked(there)]).toEqual([true, true]);
  await there.change(changed(false));
  await vi.waitFor(() => {
    expect(isBlocked(here)).toBe(false);
  });
  expect(here.table.isEmpty).toBe(true);
  expect(here.list()).toEqual([changed(false)]);
});

it('blocked at two replicas at once → one block, and both say so', async () => {
  const shared = new MemoryState();
  const here = await openOn(await stateReplica(shared));
  const there = await openOn(await stateReplica(shared));
  const outcomes = await Promise.all([here.change(changed(true)), there.change(changed(true))]);
  expect(outcomes.map(({ kept }) => kept)).toEqual(['store', 'store']);
  expect(here.list()).toHaveLength(1);
});

it('a replica that starts → has what is blocked', async () => {
  const shared = new MemoryState();
  await (await openOn(await stateReplica(shared))).change(changed(true));
  expect(isBlocked(await openOn(await stateReplica(shared)))).toBe(true);
});

it('the store is away → blocked here at once, kept over a restart, and merged when it is back', async () => {
  const shared = new MemoryState();
  const folder = temporaryFolder();
  const store = new MemoryStateStore(shared);
  const state = await stateReplica(shared, { store });
  const blocks = await openOn(state, keptIn(folder));
  const elsewhere = await openOn(await stateReplica(shared, { replicaName: 'there' }));
  await vi.waitFor(() => {
    expect(state.standing.leases).toHaveLength(2);
  });
  const comeBack = storeAway(store);
  const outcome = await blocks.change(changed(true));
  expect(outcome).toMatchObject({ kept: 'replica', confirmed: ['here'], unconfirmed: ['there'] });
  expect(outcome.problem).toContain('no server answers');
  expect([isBlocked(blocks), isBlocked(elsewhere), blocks.waiting]).toEqual([true, false, 1]);
  expect(readFileSync(join(folder, 'blocks.json'), 'utf8')).not.toContain('payroll');
  comeBack();
  await blocks.close();
  await state.close();

  const restarted = await openOn(await stateReplica(shared), keptIn(folder));
  expect([isBlocked(restarted), restarted.waiting]).toEqual([true, 0]);
  await vi.waitFor(() => {
    expect(isBlocked(elsewhere)).toBe(true);
  });
  expect(existsSync(join(folder, 'blocks.json'))).toBe(false);
});

it('the store comes back while it runs → it is told of the block, which stays in force', async () => {
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const blocks = await openOn(await stateReplica(shared, { store }), keptIn(temporaryFolder()));
  const comeBack = storeAway(store);
  await blocks.change(changed(true));
  comeBack();
  await blocks.merge();
  expect([isBlocked(blocks), blocks.waiting]).toEqual([true, 0]);
  expect(shared.documents.size).toBe(1);
});

it('the store is away, and nothing seals → in memory alone, and it says so', async () => {
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const blocks = await openOn(await stateReplica(shared, { store }));
  storeAway(store);
  expect(await blocks.change(changed(true))).toMatchObject({ kept: 'memory' });
  expect(isBlocked(blocks)).toBe(true);
});

it('the store is away → a block that it has is not lifted, one of this replica alone is', async () => {
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const blocks = await openOn(await stateReplica(shared, { store }), keptIn(temporaryFolder()));
  const ofAll: BlockSubject = { kind: 'key-store', keyStore: 'payroll' };
  await blocks.change(changed(true, ofAll));
  storeAway(store);
  await blocks.change(changed(true));
  await expect(blocks.change(changed(false, ofAll))).rejects.toMatchObject({ code: 'unavailable' });
  expect(blocks.table.ofKeyStore('payroll')).toBeDefined();
  await blocks.change(changed(false));
  expect([isBlocked(blocks), blocks.waiting]).toEqual([false, 0]);
});

it('a block is made while one is lifted, and the store goes away → in force', async () => {
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const blocks = await openOn(await stateReplica(shared, { store }), keptIn(temporaryFolder()));
  await blocks.change(changed(true));
  const put = store.put.bind(store);
  const late = deferred();
  const lifted = vi.spyOn(store, 'put').mockImplementation(async (change) => {
    const stored = await put(change);
    await late.promise;
    return stored;
  });
  void blocks.change(changed(false));
  await vi.waitFor(() => {
    expect(lifted).toHaveBeenCalled();
  });
  storeAway(store);
  expect(await blocks.change(changed(true))).toMatchObject({ kept: 'replica' });
  late.resolve(undefined);
  await lifted.mock.results[0]?.value;
  await new Promise(setImmediate);
  expect([isBlocked(blocks), blocks.waiting]).toEqual([true, 1]);
});

it('a block is lifted and made again → in force', async () => {
  const blocks = await openOn(await stateReplica(new MemoryState()));
  for (const blocked of [true, false, true]) await blocks.change(changed(blocked));
  expect(isBlocked(blocks)).toBe(true);
});

it('principals → by their pattern, until it is lifted', async () => {
  const blocks = await openOn(await stateReplica(new MemoryState()));
  const pattern: BlockSubject = { kind: 'principal', pattern: 'arn:aws:iam::111122223333:role/P*' };
  const principal = 'arn:aws:iam::111122223333:role/Payroll';
  await blocks.change(changed(true, pattern));
  expect(blocks.table.ofPrincipal(principal)).toMatchObject({ reason: 'incident 4711' });
  await blocks.change(changed(false, pattern));
  expect(blocks.table.ofPrincipal(principal)).toBeUndefined();
});

it.each([
  ['under another key', (folder: string) => keptIn(folder, randomBytes(32).toString('base64'))],
  [
    'damaged',
    (folder: string) => {
      writeFileSync(join(folder, 'blocks.json'), '{"format":1}');
      return keptIn(folder);
    },
  ],
])('blocks on disk that are %s → no start without them, and what to do', async (_, keptBy) => {
  const folder = temporaryFolder();
  await keptIn(folder).write([changed(true)]);
  const opening = openOn(await stateReplica(new MemoryState()), keptBy(folder));
  await expect(opening).rejects.toThrow(/block anew what is to be\s+blocked/u);
});

it.each(['key/files/payroll', 'key-store/payroll'])(
  'the document %s cannot be read → blocked, because nobody knows',
  async (id) => {
    const shared = new MemoryState();
    const store = new MemoryStateStore(shared);
    await store.put({ collection: 'blocks', id, format: 1, contents: '{}', replaces: 0 });
    const { table } = await openOn(await stateReplica(shared));
    expect(table.ofKey('files', 'payroll') ?? table.ofKeyStore('payroll')).toMatchObject({
      reason: 'its record in the state store cannot be read',
    });
  },
);

it('somebody removes the document of a block → it stays in force, is listed, and can be lifted', async () => {
  const shared = new MemoryState();
  const blocks = await openOn(await stateReplica(shared));
  await blocks.change(changed(true));
  const [{ revision } = { revision: 0 }] = [...shared.documents.values()];
  const store = new MemoryStateStore(shared);
  const removal = { collection: 'blocks', id: 'key/files/payroll', format: 1, contents: undefined };
  await store.put({ ...removal, replaces: revision });
  const other = await openOn(await stateReplica(shared));
  await vi.waitFor(() => {
    expect(other.list()).toEqual([]);
  });
  expect(isBlocked(blocks)).toBe(true);
  expect(blocks.list()).toEqual([changed(true)]);
  await blocks.change(changed(false));
  expect(isBlocked(blocks)).toBe(false);
});

it('lifted elsewhere while this replica was cut off with a block of its own → in force again, and said', async () => {
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const log = captureLog();
  const here = await openOn(await stateReplica(shared, { store }), undefined, log);
  const there = await openOn(await stateReplica(shared, { replicaName: 'there' }));
  await there.change(changed(true));
  const comeBack = storeAway(store);
  await here.change(changed(true));
  await there.change({ ...changed(false), by: 'bob', at: '2026-11-28T12:05:00.000Z' });
  comeBack();
  await here.merge();
  await vi.waitFor(() => {
    expect([isBlocked(here), isBlocked(there)]).toEqual([true, true]);
  });
  const { subject } = changed(true);
  const told = { subject, blockedBy: 'alice', liftedBy: 'bob' };
  expect(log.lines()).toEqual(expect.arrayContaining([expect.objectContaining(told)]));
});

it('a block of principals that cannot be read at the start → named, until it is blocked anew', async () => {
  const subject: BlockSubject = { kind: 'principal', pattern: 'arn:aws:iam::111122223333:user/*' };
  const shared = new MemoryState();
  const id = blockIdOf(subject);
  const store = new MemoryStateStore(shared);
  await store.put({ collection: 'blocks', id, format: 1, contents: '{}', replaces: 0 });
  const log = captureLog();
  const blocks = await openOn(await stateReplica(shared), undefined, log);
  expect(blocks.unknown).toEqual([id]);
  expect(log.lines()).toContainEqual(expect.objectContaining({ document: id }));
  await blocks.change(changed(true, subject));
  expect(blocks.unknown).toEqual([]);
  expect(blocks.table.ofPrincipal('arn:aws:iam::111122223333:user/eve')).toBeDefined();
});

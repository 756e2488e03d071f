import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { KeptBlocks } from '../../../../src/authorization/blocks/kept-blocks.js';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { Secret } from '../../../../src/shared/secret.js';
import { changed, isBlocked, keptIn, openOn, SEALING } from '../../../support/blocks-fixture.js';
import { deferred } from '../../../support/deferred.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';
import { storeAway } from '../../../support/store-away.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

it('two blocks while the store is away, and the first is written late → both are kept', async () => {
  const folder = temporaryFolder();
  const late = deferred();
  const writes: string[] = [];
  const masterKey = masterKeyFrom({ key: new Secret(SEALING) }, randomBytes);
  const kept = new KeptBlocks(join(folder, 'blocks.json'), masterKey, async (path, contents) => {
    writes.push(contents);
    if (writes.length === 1) await late.promise;
    await writeFileAtomically(path, contents);
  });
  const shared = new MemoryState();
  const store = new MemoryStateStore(shared);
  const blocks = await openOn(await stateReplica(shared, { store }), kept);
  storeAway(store);
  const first = blocks.change(changed(true));
  await vi.waitFor(() => {
    expect(writes).toHaveLength(1);
  });
  const second = blocks.change(changed(true, { kind: 'key-store', keyStore: 'payroll' }));
  await vi.waitFor(() => {
    expect(blocks.waiting).toBe(2);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  late.resolve(undefined);
  await Promise.all([first, second]);
  expect(await keptIn(folder).read()).toHaveLength(2);
});

it('the block is in the store, and the disk keeps it → done, told, and taken from the disk later', async () => {
  const shared = new MemoryState();
  const folder = temporaryFolder();
  const file = join(folder, 'blocks.json');
  const store = new MemoryStateStore(shared);
  const log = captureLog();
  const blocks = await openOn(await stateReplica(shared, { store }), keptIn(folder), log);
  const comeBack = storeAway(store);
  await blocks.change(changed(true));
  comeBack();
  rmSync(file);
  mkdirSync(file);
  expect(await blocks.change(changed(false))).toMatchObject({ kept: 'store' });
  expect([isBlocked(blocks), blocks.waiting]).toEqual([false, 0]);
  expect(log.lines().map(({ msg }) => msg)).toContainEqual(
    expect.stringContaining('a restart would bring it back'),
  );
  rmdirSync(file);
  writeFileSync(file, 'as it was');
  await blocks.merge();
  expect(existsSync(file)).toBe(false);
});

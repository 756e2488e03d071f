import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startFileKeys } from '../../../../src/key-managers/sealed/move/start.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Secret } from '../../../../src/shared/secret.js';
import type { DocumentChange } from '../../../../src/state/store.js';
import { canaries } from '../../../support/canaries.js';
import { livingOn } from '../../../support/dying-parts.js';
import { longDeadline, refusalOf } from '../../../support/key-folder.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import {
  allOpen,
  BOTH,
  encryptsAll,
  encryptSample,
  folderWithKeys,
  inState,
  type MovingKeys,
  startMoving,
} from '../../../support/moving-keys.js';
import { stateReplica } from '../../../support/state-replica.js';
import { storeAway } from '../../../support/store-away.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A replica whose way to the store a test takes away, and whose lease it ends. */
async function cutOffReplica(shared: MemoryState) {
  const store = new MemoryStateStore(shared);
  const others = new Set(shared.leases.keys());
  const keys = await startMoving({
    shared,
    parts: livingOn(store),
  });
  const own = [...shared.leases.keys()].filter((replica) => !others.has(replica));
  const endLease = () => {
    for (const replica of own) shared.leases.delete(replica);
  };
  return { keys, store, endLease };
}

/** The worst case: the replica believes to have a lease, and the mover does not see one. */
function keepsNoLease(store: MemoryStateStore): void {
  vi.spyOn(store, 'renewLease').mockResolvedValue();
}

/** Lets something happen before a store writes a document of a collection, the first time. */
function before(
  store: MemoryStateStore,
  wanted: (change: DocumentChange) => boolean,
  act: () => Promise<void>,
): void {
  const put = store.put.bind(store);
  const spy = vi.spyOn(store, 'put').mockImplementation(async (change) => {
    if (wanted(change)) {
      spy.mockRestore();
      await act();
    }
    return put(change);
  });
}

const isKey = ({ collection }: DocumentChange) => collection === 'sealed-keys';
const says = (kind: string) => (change: DocumentChange) =>
  change.collection === 'key-places' && (change.contents ?? '').includes(`"${kind}"`);

async function moveToFolder({ administration }: MovingKeys): Promise<string> {
  const directory = join(temporaryFolder(), 'new');
  await administration.moveKeys({ to: 'folder', directory });
  return directory;
}

describe('a replica that was cut off while another one moved the keys to a folder', () => {
  it('comes back → refuses everything with internal, is UNAVAILABLE, and says so once', async () => {
    const shared = new MemoryState();
    const { samples } = await inState(shared);
    const mover = await startMoving({ shared });
    const { keys, store, endLease } = await cutOffReplica(shared);
    const [sample] = samples;
    if (sample === undefined) throw new Error('there is a sample');
    const comeBack = storeAway(store);
    await expect.poll(() => keys.state.standing.kind).toBe('alone');
    endLease(); // After a renewal that was under way.
    const directory = await moveToFolder(mover);
    expect(await allOpen(keys, samples)).toBe(true); // It does not know yet.
    expect(await refusalOf(keys.administration.createKey('lost', BOTH))).toBe('unreachable');
    comeBack();
    expect(await refusalOf(keys.administration.createKey('lost', BOTH))).toBe('internal');
    const { node, administration } = keys;
    const { ref, sealed } = sample;
    for (const work of [
      async () => node.describeKey('one', longDeadline()),
      async () => node.describeKeyAnew?.('one', longDeadline()),
      async () => node.encrypt(ref, canaries.plaintext, Buffer.alloc(0), longDeadline()),
      async () => node.decrypt(ref, sealed, Buffer.alloc(0), longDeadline()),
      async () => administration.listKeys(),
      async () => administration.moveKeys({ to: 'folder', directory }),
    ]) {
      expect(await refusalOf(work)).toBe('internal');
    }
    expect(await node.checkHealth(longDeadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining(directory),
    });
    const told = keys.log.lines().filter(({ level }) => level === 'error');
    expect(told.filter(({ msg }) => String(msg).includes(directory))).toHaveLength(1);
    expect([...shared.documents.values()].map(({ id }) => id)).not.toContain('files/lost');
    await mover.administration.createKey('new', BOTH);
    expect(await encryptsAll(mover, samples)).toBe(true);
  });

  it('writes a key at the moment of the move → it is not acknowledged, and nothing is served', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const mover = await startMoving({ shared });
    const { keys, store, endLease } = await cutOffReplica(shared);
    keepsNoLease(store);
    before(store, isKey, async () => {
      endLease();
      await moveToFolder(mover);
    });
    expect(await refusalOf(keys.administration.createKey('lost', BOTH))).toBe('internal');
    expect(await refusalOf(async () => keys.node.describeKey('one', longDeadline()))).toBe(
      'internal',
    );
  });

  it('writes a key before the move is told → the folder has it; after that → it is refused', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const moverStore = new MemoryStateStore(shared);
    const { keys, store, endLease } = await cutOffReplica(shared);
    keepsNoLease(store);
    const mover = await startMoving({
      shared,
      parts: livingOn(moverStore),
    });
    let late: string | undefined;
    before(moverStore, says('leaving'), async () => {
      await keys.administration.createKey('just-before', BOTH);
      endLease();
      before(moverStore, says('left'), async () => {
        late = await refusalOf(keys.administration.createKey('late', BOTH));
      });
    });
    endLease();
    await moveToFolder(mover);
    expect(late).toBe('conflict');
    const listed = await mover.administration.listKeys();
    const ids = listed.map(({ description }) => description.externalKeyId);
    expect(ids).toContain('just-before');
    expect(ids).not.toContain('late');
    const sample = await encryptSample(mover, 'just-before');
    expect(await allOpen(mover, [sample])).toBe(true);
  });
});

describe('a replica that starts while another one moves the keys to a folder', () => {
  it('before the folder serves → nothing has moved, and both make keys', async () => {
    const shared = new MemoryState();
    const { samples } = await inState(shared);
    const store = new MemoryStateStore(shared);
    const parts = livingOn(store);
    const mover = await startMoving({ shared, parts });
    let started: MovingKeys | undefined;
    before(store, says('leaving'), async () => {
      started = await startMoving({ shared });
    });
    const directory = join(temporaryFolder(), 'new');
    const moving = mover.administration.moveKeys({ to: 'folder', directory });
    expect(await refusalOf(moving)).toBe('conflict');
    if (started === undefined) throw new Error('it has started');
    await mover.administration.createKey('by-the-mover', BOTH);
    await started.administration.createKey('by-the-other', BOTH);
    for (const keys of [mover, started]) expect(await encryptsAll(keys, samples)).toBe(true);
    await started.close();
    await mover.administration.moveKeys({ to: 'folder', directory });
    expect(await mover.administration.listKeys()).toHaveLength(4);
  });

  it('the mover has died → its word does not count, and keys are made', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const keys = await startMoving({ shared });
    const dead = {
      kind: 'leaving',
      move: 'a'.repeat(32),
      at: '2026-01-01T00:00:00.000Z',
      to: '/x',
    };
    const contents = JSON.stringify({ ...dead, replica: 'b'.repeat(32) });
    const known = await new MemoryStateStore(shared).get({ collection: 'key-places', id: 'files' });
    const replaces = known?.revision ?? 0;
    const place = { collection: 'key-places', id: 'files', format: 1, contents, replaces };
    await new MemoryStateStore(shared).put(place);
    await keys.state.refresh(longDeadline());
    await keys.administration.createKey('new', BOTH);
  });
});

describe('a replica that serves from an empty store', () => {
  it('while another one moves its folder there → refuses everything from then on', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const store = new MemoryStateStore(shared);
    const parts = livingOn(store);
    const mover = await startMoving({ shared, directory, parts });
    const state = await stateReplica(shared);
    let other: MovingKeys | undefined;
    before(store, says('arriving'), async () => {
      other = await startMoving({ shared, init: true });
    });
    expect(await refusalOf(mover.administration.moveKeys({ to: 'database' }))).toBe('conflict');
    await state.refresh(longDeadline());
    const refusal = async () => other?.node.describeKey('one', longDeadline());
    await expect.poll(() => refusalOf(refusal)).toBe('internal');
    await mover.administration.createKey('new', BOTH);
  });
});

it('keys leave a folder while another process starts with it → it reads none of them', async () => {
  const shared = new MemoryState();
  const { directory } = await folderWithKeys(shared);
  const state = await stateReplica(shared);
  const key = new Secret(canaries.masterKey.toString('base64'));
  const config = {
    ...({ name: 'files', type: 'file', location: 'here', directory } as const),
    get masterKey() {
      const mark = {
        ...{ format: 1, kind: 'left', move: 'a'.repeat(32), storeId: state.storeId },
        ...{ store: state.place, keyManager: 'files', at: '2026-01-01T00:00:00.000Z' },
      };
      writeFileSync(join(directory, 'move.json'), JSON.stringify(mark), { mode: 0o600 });
      return { key };
    },
  } as const;
  const ports = { clock: systemClock, randomBytes, log: captureLog().logger, state };
  await expect(startFileKeys(config, ports, {})).rejects.toMatchObject({ code: 'misconfigured' });
  expect(existsSync(join(directory, 'move.json'))).toBe(true);
});

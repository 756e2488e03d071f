import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../support/memory-state-store.js';
import {
  allOpen,
  dyingAfter,
  encryptSample,
  type MovingKeys,
  type Sample,
  startMoving,
} from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const KEYS = ['one', 'two'];
const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
/** Small blocks and versions, so that keys have several versions soon. */
const LIMITS = { blockSize: 4, perVersion: 8 };

const refused = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** A folder with keys of several versions, and something encrypted under each of them. */
async function folderWithKeys(shared: MemoryState) {
  const directory = join(temporaryFolder(), 'keys');
  const keys = await startMoving({ shared, directory, init: true, limits: LIMITS });
  const samples: Sample[] = [];
  for (const key of KEYS) await keys.administration.createKey(key, BOTH);
  for (let made = 0; made < 10; made += 1) {
    for (const key of KEYS) samples.push(await encryptSample(keys, key));
  }
  await keys.close();
  return { directory, samples };
}

async function encryptsAll(keys: MovingKeys, samples: readonly Sample[]): Promise<boolean> {
  const made: Sample[] = [];
  for (const key of KEYS) made.push(await encryptSample(keys, key));
  return allOpen(keys, [...samples, ...made]);
}

async function inState(shared: MemoryState) {
  const { directory, samples } = await folderWithKeys(shared);
  const keys = await startMoving({ shared, directory });
  await keys.administration.moveKeys({ to: 'database' });
  await keys.close();
  return { samples };
}

describe('keys that move from a folder into the state store', () => {
  it('while they serve → every version opens what it made, and new keys are made there', async () => {
    const shared = new MemoryState();
    const { directory, samples } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    expect(await keys.administration.moveKeys({ to: 'database' })).toMatchObject({
      keys: KEYS.length + 1,
    });
    expect(await encryptsAll(keys, samples)).toBe(true);
    await keys.administration.createKey('new', BOTH);
    const other = await startMoving({ shared });
    const listed = await other.administration.listKeys();
    expect(listed.map(({ description }) => description.externalKeyId)).toEqual(
      ['new', ...KEYS].sort(),
    );
    expect(await encryptsAll(other, samples)).toBe(true);
  });

  it('the count of the current version → goes on from where it was', async () => {
    const shared = new MemoryState();
    const directory = join(temporaryFolder(), 'keys');
    const keys = await startMoving({ shared, directory, init: true });
    await keys.administration.createKey('one', BOTH);
    const before = (await keys.administration.listKeys())[0]?.encryptionsLeft ?? 0;
    await keys.administration.moveKeys({ to: 'database' });
    const [summary] = await keys.administration.listKeys();
    expect(summary?.description.current?.version).toBe(1);
    expect(before - (summary?.encryptionsLeft ?? 0)).toBe(65_536);
  });

  it('a start that still names the folder → serves from the store, with a warning', async () => {
    const shared = new MemoryState();
    const { directory, samples } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    await keys.administration.moveKeys({ to: 'database' });
    await keys.close();
    const again = await startMoving({ shared, directory });
    expect(await encryptsAll(again, samples)).toBe(true);
    expect(again.log.text()).toContain('type: sealed');
    await expect(again.administration.moveKeys({ to: 'database' })).rejects.toEqual(
      refused('conflict', 'already'),
    );
  });

  it('a start that names the folder, with another store → refused, and names the right one', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    await keys.administration.moveKeys({ to: 'database' });
    await keys.close();
    await expect(startMoving({ shared: new MemoryState(), directory })).rejects.toEqual(
      refused('misconfigured', shared.id),
    );
    expect(readdirSync(directory).filter((name) => name.startsWith('key-'))).toEqual([]);
  });

  it('a damaged document → nothing moves, and it is named', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const name = readdirSync(directory).find((each) => each.startsWith('key-one')) ?? '';
    writeFileSync(join(directory, name), '{');
    const keys = await startMoving({ shared, directory });
    await expect(keys.administration.moveKeys({ to: 'database' })).rejects.toEqual(
      refused('corrupt', name),
    );
    await keys.administration.createKey('new', BOTH);
  });

  it('a store with keys of that name → refused, and the folder serves', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const { directory, samples } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    await expect(keys.administration.moveKeys({ to: 'database' })).rejects.toEqual(
      refused('conflict', 'files'),
    );
    expect(await encryptsAll(keys, samples)).toBe(true);
  });

  it.each(['made', 'not made'] as const)(
    'killed at any of its acts, the last one %s → one place serves at the next start, and all is there',
    async (last) => {
      for (let acts = 0; ; acts += 1) {
        const shared = new MemoryState();
        const { directory, samples } = await folderWithKeys(shared);
        const parts = dyingAfter(acts, shared, last);
        const dying = await startMoving({ shared, directory, parts });
        const outcome = await dying.administration.moveKeys({ to: 'database' }).then(
          () => 'moved',
          () => 'refused',
        );
        expect(await allOpen(dying, samples), `reading after ${acts} acts`).toBe(true);
        await dying.close();
        const again = await startMoving({ shared, directory });
        expect(await encryptsAll(again, samples), `${acts} acts`).toBe(true);
        if (outcome === 'refused')
          await again.administration.moveKeys({ to: 'database' }).catch((error: unknown) => {
            expect(error).toEqual(refused('conflict', 'already')); // It had moved all the same.
          });
        expect(await encryptsAll(again, samples)).toBe(true);
        await again.close();
        const sealed = await startMoving({ shared });
        expect(await encryptsAll(sealed, samples), `${acts} acts, sealed`).toBe(true);
        await sealed.close();
        if (!parts.isDead()) return;
      }
    },
  );

  it('not all of them there yet → a start of the store’s keys is refused, and says from where', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const dying = await startMoving({ shared, directory, parts: dyingAfter(3, shared) });
    await expect(dying.administration.moveKeys({ to: 'database' })).rejects.toThrow();
    await dying.close();
    await expect(startMoving({ shared })).rejects.toEqual(refused('misconfigured', directory));
  });

  it('under load, with blocks that are used up all the time → no request fails', async () => {
    const shared = new MemoryState();
    const { directory, samples } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory, limits: LIMITS });
    const moving = new AbortController();
    let rounds = 0;
    const made = [...samples];
    const load = KEYS.map(async (key) => {
      while (!moving.signal.aborted) {
        made.push(await encryptSample(keys, key));
        rounds += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const created = (async () => {
      for (let index = 0; !moving.signal.aborted; index += 1)
        await keys.administration.createKey(`made-${index}`, BOTH);
    })();
    await keys.administration.moveKeys({ to: 'database' });
    moving.abort();
    await Promise.all([...load, created]);
    expect(rounds).toBeGreaterThan(0);
    expect(await allOpen(keys, made)).toBe(true);
    const other = await startMoving({ shared });
    expect(await allOpen(other, made)).toBe(true);
    const [here, there] = [
      await keys.administration.listKeys(),
      await other.administration.listKeys(),
    ];
    expect(there.map(({ description }) => description.externalKeyId)).toEqual(
      here.map(({ description }) => description.externalKeyId),
    );
  });
});

describe('keys that move from the state store into a folder', () => {
  it('while they serve → every version opens what it made, and the store serves no more', async () => {
    const shared = new MemoryState();
    const { samples } = await inState(shared);
    const keys = await startMoving({ shared });
    const directory = join(temporaryFolder(), 'new');
    await keys.administration.moveKeys({ to: 'folder', directory });
    expect(await encryptsAll(keys, samples)).toBe(true);
    await keys.close();
    await expect(startMoving({ shared })).rejects.toEqual(refused('misconfigured', directory));
    const file = await startMoving({ shared, directory });
    expect(await encryptsAll(file, samples)).toBe(true);
    expect(existsSync(join(directory, 'move.json'))).toBe(false);
  });

  it('and back → the store serves them again', async () => {
    const shared = new MemoryState();
    const { samples } = await inState(shared);
    const keys = await startMoving({ shared });
    await keys.administration.moveKeys({
      to: 'folder',
      directory: join(temporaryFolder(), 'new'),
    });
    await keys.administration.createKey('new', BOTH);
    await keys.administration.moveKeys({ to: 'database' });
    expect(await encryptsAll(keys, samples)).toBe(true);
    const other = await startMoving({ shared });
    expect(await encryptsAll(other, samples)).toBe(true);
  });

  it('out of a folder and on to another → a start with the first is refused, and names the other', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    await keys.administration.moveKeys({ to: 'database' });
    const other = join(temporaryFolder(), 'other');
    await keys.administration.moveKeys({ to: 'folder', directory: other });
    await keys.close();
    await expect(startMoving({ shared, directory })).rejects.toEqual(
      refused('misconfigured', other),
    );
  });

  it('another replica lives → refused: it could not reach the folder', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const keys = await startMoving({ shared });
    await startMoving({ shared });
    const directory = join(temporaryFolder(), 'new');
    await expect(keys.administration.moveKeys({ to: 'folder', directory })).rejects.toEqual(
      refused('conflict', 'replica'),
    );
    expect(existsSync(directory)).toBe(false);
  });

  it('a folder with keys → refused', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(new MemoryState());
    await inState(shared);
    const keys = await startMoving({ shared });
    await expect(keys.administration.moveKeys({ to: 'folder', directory })).rejects.toEqual(
      refused('conflict', 'empty folder'),
    );
  });

  it.each(['made', 'not made'] as const)(
    'killed at any of its acts, the last one %s → one place serves at the next start, and all is there',
    async (last) => {
      for (let acts = 0; ; acts += 1) {
        const shared = new MemoryState();
        const { samples } = await inState(shared);
        const directory = join(temporaryFolder(), 'new');
        const alive = await startMoving({ shared });
        await alive.close();
        const parts = dyingAfter(acts, shared, last);
        const dying = await startMoving({ shared, parts }).catch(() => undefined);
        if (dying === undefined) continue; // Killed at its start: nothing has moved.
        await dying.administration.moveKeys({ to: 'folder', directory }).catch(() => undefined);
        expect(await allOpen(dying, samples), `reading after ${acts} acts`).toBe(true);
        await dying.close();
        shared.leases.clear();
        const starts = [{ shared }, { shared, directory }];
        const served: MovingKeys[] = [];
        for (const start of starts) {
          await startMoving(start).then(
            (keys) => served.push(keys),
            () => undefined,
          );
        }
        expect(served, `${acts} acts`).toHaveLength(1);
        for (const keys of served) expect(await encryptsAll(keys, samples)).toBe(true);
        if (!parts.isDead()) return;
      }
    },
  );
});

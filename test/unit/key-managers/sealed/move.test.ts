import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dyingAfter } from '../../../support/dying-parts.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import {
  allOpen,
  BOTH,
  encryptsAll,
  encryptSample,
  folderWithKeys,
  inState,
  KEYS,
  LIMITS,
  startMoving,
} from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const refused = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

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
});

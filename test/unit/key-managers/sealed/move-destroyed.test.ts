import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AtomicWrite, writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import { livingOn } from '../../../support/dying-parts.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import {
  BOTH,
  encryptsAll,
  folderWithKeys,
  GONE,
  inState,
  type MovingKeys,
  startMoving,
} from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const WAY = { wrappingKeySpec: 'RSA_2048', wrappingAlgorithm: 'RSAES_OAEP_SHA_256' } as const;

async function isRefusedForEver({ administration }: MovingKeys, id: string): Promise<boolean> {
  const making = administration.createKey(id, BOTH);
  const failure = await making.catch((error: unknown) => error);
  return failure instanceof Error && failure.message.includes('never used again');
}

const newFolder = () => join(temporaryFolder(), 'new');

describe('the id of a key that was destroyed', () => {
  it.each([GONE, GONE.toUpperCase()])('in a folder → %s is refused there', async (id) => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    expect(await isRefusedForEver(await startMoving({ shared, directory }), id)).toBe(true);
  });

  it.each([GONE, GONE.toUpperCase()])(
    'in a folder, and the keys move into the state store → %s is refused by every replica',
    async (id) => {
      const shared = new MemoryState();
      const { directory } = await folderWithKeys(shared);
      const keys = await startMoving({ shared, directory });
      await keys.administration.moveKeys({ to: 'database' });
      expect(await isRefusedForEver(keys, id)).toBe(true);
      expect(await isRefusedForEver(await startMoving({ shared }), id)).toBe(true);
    },
  );

  it.each(['two', 'TWO'])(
    'in the state store, and the keys move into a folder → %s is refused, at the next start too',
    async (id) => {
      const shared = new MemoryState();
      await inState(shared);
      const keys = await startMoving({ shared });
      await keys.administration.destroyKey('two');
      const directory = newFolder();
      await keys.administration.moveKeys({ to: 'folder', directory });
      expect(await isRefusedForEver(keys, id)).toBe(true);
      await keys.close();
      const again = await startMoving({ shared, directory });
      expect(await isRefusedForEver(again, id)).toBe(true);
      expect(await isRefusedForEver(again, GONE)).toBe(true);
    },
  );

  it('there and back, with a key destroyed in each place → all stay refused', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const keys = await startMoving({ shared });
    await keys.administration.destroyKey('one');
    await keys.administration.moveKeys({ to: 'folder', directory: newFolder() });
    await keys.administration.destroyKey('two');
    await keys.administration.moveKeys({ to: 'database' });
    for (const id of [GONE, 'one', 'two']) expect(await isRefusedForEver(keys, id), id).toBe(true);
  });

  it('brought to a folder by a move that failed, and destroyed since → nothing of it is left', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const directory = newFolder();
    let isBroken = true;
    const writeFile: AtomicWrite = async (path, text) => {
      if (isBroken && path.includes(`key-${GONE}.`)) throw new Error('no space left');
      await writeFileAtomically(path, text);
    };
    const parts = { ...livingOn(new MemoryStateStore(shared)), writeFile };
    const keys = await startMoving({ shared, parts });
    await expect(keys.administration.moveKeys({ to: 'folder', directory })).rejects.toThrow();
    expect(documentsOf(directory, 'two')).toHaveLength(1);
    isBroken = false;
    await keys.administration.destroyKey('two');
    await keys.administration.moveKeys({ to: 'folder', directory });
    expect(await isRefusedForEver(keys, 'two')).toBe(true);
    await keys.close();
    const again = await startMoving({ shared, directory });
    expect(again.log.text()).not.toContain('without a key document');
    expect(documentsOf(directory, 'two')).toEqual([]);
  });
});

function documentsOf(directory: string, id: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith(`key-${id}.`));
}

describe('documents that keys have left in a folder', () => {
  const leftIn = (directory: string) => documentsOf(join(directory, 'moved'), 'two');

  async function movedOut() {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    await keys.administration.moveKeys({ to: 'database' });
    expect(leftIn(directory)).toHaveLength(1);
    return { shared, directory, keys };
  }

  it('another replica destroys a key → erased while this one runs', async () => {
    const { shared, directory } = await movedOut();
    const other = await startMoving({ shared });
    await other.administration.destroyKey('two');
    await expect.poll(() => leftIn(directory)).toEqual([]);
    expect(documentsOf(join(directory, 'moved'), 'one')).toHaveLength(1);
  });

  it('another replica destroys a version while this one is down → erased at its next start', async () => {
    const { shared, directory, keys } = await movedOut();
    await keys.close();
    const other = await startMoving({ shared });
    await other.administration.destroyVersion('two', 1);
    expect(leftIn(directory)).toHaveLength(1);
    await startMoving({ shared, directory });
    await expect.poll(() => leftIn(directory)).toEqual([]);
    expect(documentsOf(join(directory, 'moved'), 'one')).toHaveLength(1);
  });
});

describe('wrapping keys of keys that move', () => {
  it('from a folder into the state store and on → work, and nothing is left of them', async () => {
    const shared = new MemoryState();
    const { directory } = await folderWithKeys(shared);
    const keys = await startMoving({ shared, directory });
    const { materialImport } = keys.administration;
    await materialImport.createWrappingKey(WAY);
    await keys.administration.moveKeys({ to: 'database' });
    expect(readdirSync(join(directory, 'wrapping-keys'))).toEqual([]);
    const other = newFolder();
    await keys.administration.moveKeys({ to: 'folder', directory: other });
    expect(wrappingKeysIn(shared)).toBe(0);
    expect(readdirSync(join(other, 'wrapping-keys'))).toHaveLength(1);
    await keys.administration.moveKeys({ to: 'database' });
    expect(wrappingKeysIn(shared)).toBe(1);
    expect(readdirSync(join(other, 'wrapping-keys'))).toEqual([]);
  });
});

describe('a move into a folder whose end could not be cleared up', () => {
  it('and a move back whose mark cannot be written → refused, and the folder serves', async () => {
    const shared = new MemoryState();
    const { samples } = await inState(shared);
    const broken = new Set<string>();
    const writeFile: AtomicWrite = async (path, text) => {
      if (broken.has('disk') && path.endsWith('move.json')) throw new Error('no space left');
      await writeFileAtomically(path, text);
    };
    const store = new MemoryStateStore(shared);
    const put = store.put.bind(store);
    const failing: typeof put = (change) =>
      broken.has('store') && change.collection === 'wrapping-keys'
        ? Promise.reject(new Error('away'))
        : put(change);
    const parts = { ...livingOn(Object.assign(store, { put: failing })), writeFile };
    const keys = await startMoving({ shared, parts });
    await keys.administration.materialImport.createWrappingKey(WAY);
    const directory = newFolder();
    broken.add('store');
    await keys.administration.moveKeys({ to: 'folder', directory });
    expect(readdirSync(directory)).toContain('move.json');
    broken.delete('store');
    broken.add('disk');
    const back = keys.administration.moveKeys({ to: 'database' });
    await expect(back).rejects.toThrow('no space left');
    expect(await encryptsAll(keys, samples)).toBe(true);
    await keys.administration.createKey('new', BOTH);
    broken.clear();
    await keys.close();
    const again = await startMoving({ shared, directory });
    expect(await encryptsAll(again, samples)).toBe(true);
    await again.administration.moveKeys({ to: 'database' });
  });
});

function wrappingKeysIn(shared: MemoryState): number {
  return [...shared.documents.values()].filter(
    ({ collection, contents }) => collection === 'wrapping-keys' && contents !== undefined,
  ).length;
}

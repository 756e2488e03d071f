import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dyingAfter } from '../../../support/dying-parts.js';
import { faultsAfter, KEY_ACTS, lostAmid, prepareKeys } from '../../../support/key-acts.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { startMoving } from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** Keys at a place, prepared once, and copies of the place. */
async function preparedAt(place: 'folder' | 'state') {
  const original = new MemoryState();
  const folder = join(temporaryFolder(), 'keys');
  const keys = await startMoving({
    shared: original,
    init: true,
    ...(place === 'folder' && { directory: folder }),
  });
  const prepared = await prepareKeys(keys);
  await keys.close();
  const copy = () => {
    const shared = new MemoryState(original);
    if (place === 'state') return { shared };
    const directory = join(temporaryFolder(), 'keys');
    cpSync(folder, directory, { recursive: true });
    return { shared, directory };
  };
  return { prepared, copy };
}

describe('sealed keys that are killed amid an act', () => {
  // A change on disk that is made and not heard of is as good as one that nothing follows.
  it.each([
    ['folder', 'not made'],
    ['state', 'made'],
  ] as const)(
    'in a %s, the last change %s → nothing else is lost, and the act asked for again is whole',
    async (place, last) => {
      const { prepared, copy } = await preparedAt(place);
      for (const each of KEY_ACTS) {
        for (let acts = 0, isOver = false; !isOver; acts += 1) {
          const at = copy();
          const parts = dyingAfter(acts, at.shared, last);
          const dying = await startMoving({ ...at, parts }).catch(() => undefined);
          if (dying !== undefined) {
            await each.act(dying.administration, prepared).catch(() => undefined);
            await dying.close();
          }
          isOver = !parts.isDead();
          const what = `${each.title}, killed after ${acts} changes`;
          const again = await startMoving(at);
          expect(await lostAmid(each, again, prepared), what).toEqual([]);
          await each.act(again.administration, prepared);
          expect(await faultsAfter(each, again, prepared), what).toEqual([]);
          await again.close();
          if (place === 'state') continue;
          const third = await startMoving(at);
          expect(await faultsAfter(each, third, prepared), `${what}, and started`).toEqual([]);
          await third.close();
        }
      }
    },
  );
});

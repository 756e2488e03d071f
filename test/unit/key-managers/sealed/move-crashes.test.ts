import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { dyingAfter } from '../../../support/dying-parts.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import {
  allOpen,
  BOTH,
  encryptsAll,
  folderWithKeys,
  GONE,
  inState,
  type MovingKeys,
  startMoving,
} from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const refused = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('a move from a folder into the state store that is killed', () => {
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
        const making = sealed.administration.createKey(GONE, BOTH);
        await expect(making, `${acts} acts`).rejects.toEqual(refused('conflict', 'never'));
        await sealed.close();
        if (!parts.isDead()) return;
      }
    },
  );

  it('nobody can tell whether the folder is marked → reads go on, no key is made, and DEGRADED', async () => {
    for (let acts = 0; ; acts += 1) {
      const shared = new MemoryState();
      const { directory, samples } = await folderWithKeys(shared);
      const parts = dyingAfter(acts, shared, 'made');
      const dying = await startMoving({ shared, directory, parts });
      const work = dying.administration.moveKeys({ to: 'database' });
      const failure = await work.catch((error: unknown) => error);
      if (!(failure instanceof Error && failure.message.includes('not known'))) {
        expect(parts.isDead(), 'no act after which nobody can tell').toBe(true);
        await dying.close();
        continue;
      }
      expect(await allOpen(dying, samples)).toBe(true);
      const soon = Deadline.after(systemClock, 300);
      expect(await dying.node.checkHealth(soon)).toMatchObject({
        status: 'DEGRADED',
        detail: expect.stringContaining('not known whether the old place is marked'),
      });
      return;
    }
  });
});

describe('a move from the state store into a folder that is killed', () => {
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
        for (const keys of served) {
          expect(await encryptsAll(keys, samples)).toBe(true);
          await keys.administration.createKey('after', BOTH);
          const making = keys.administration.createKey(GONE, BOTH);
          await expect(making, `${acts} acts`).rejects.toEqual(refused('conflict', 'never'));
        }
        if (!parts.isDead()) return;
      }
    },
  );
});

describe('a stop', () => {
  it('while a new version waits for a replica that does not follow → ends all the same', async () => {
    const shared = new MemoryState();
    await inState(shared);
    const keys = await startMoving({ shared, limits: { blockSize: 4, perVersion: 70_000 } });
    const stuck = { name: 'stuck', version: '0.2.0', format: 1, applied: 0 };
    shared.leases.set('f'.repeat(32), { ...stuck, replica: 'f'.repeat(32), endsAt: Infinity });
    await expect.poll(() => keys.state.standing.leases.map(({ name }) => name)).toContain('stuck');
    const noAad = Buffer.alloc(0);
    const failure = await (async () => {
      for (let made = 0; made < 200_000; made += 1) {
        const deadline = Deadline.after(systemClock, 300);
        const { current } = await keys.node.describeKey('one', deadline);
        if (current === undefined) throw new Error('the key encrypts');
        const ref = { externalKeyId: 'one', version: current };
        await keys.node.encrypt(ref, noAad, noAad, deadline);
      }
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'deadline' });
    await keys.close();
  });
});

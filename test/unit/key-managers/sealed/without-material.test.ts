import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KeySummary } from '../../../../src/key-managers/backend.js';
import { bring, prepareKeys, type PreparedKeys } from '../../../support/key-acts.js';
import { refusalOf } from '../../../support/key-folder.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { allOpen, BOTH, type MovingKeys, startMoving } from '../../../support/moving-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** The versions of each key, and their material. */
const THERE = {
  brought: ['1 present'],
  empty: [],
  lost: ['1 absent'],
  one: ['1 absent', '2 present'],
  waiting: ['1 present', '2 waiting'],
};

function thereOf(summaries: readonly KeySummary[]): Record<string, string[]> {
  return Object.fromEntries(
    summaries.map(({ description, versions = [] }) => [
      description.externalKeyId,
      versions.map(({ version, material }) => `${version} ${material}`),
    ]),
  );
}

/** Makes keys with versions that have lost their material, or that have yet to get it. */
async function prepare(keys: MovingKeys): Promise<PreparedKeys> {
  const prepared = await prepareKeys(keys);
  await keys.administration.destroyVersion('one', 1);
  await keys.administration.createKey('empty', BOTH, 'external');
  return prepared;
}

/** Tells which samples do not open. */
async function lostOf(keys: MovingKeys, { samples }: PreparedKeys): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const sample of samples) {
    const { externalKeyId, version } = sample.ref;
    const refusal = await refusalOf(() => allOpen(keys, [sample]));
    if (refusal !== undefined) lost.push(`${externalKeyId} ${version.version}`);
  }
  return lost;
}

const GONE = ['one 1', 'lost 1'];

/** The keys are as they were, and take material where it is missing. */
async function expectAll(keys: MovingKeys, prepared: PreparedKeys): Promise<void> {
  expect(thereOf(await keys.administration.listKeys())).toEqual(THERE);
  expect(await lostOf(keys, prepared)).toEqual(GONE);
}

/** Material comes to where it is missing, and the one that waits can be rotated to. */
async function expectTheyTakeMaterial(keys: MovingKeys, prepared: PreparedKeys): Promise<void> {
  const { administration } = keys;
  const { wrappingKey, materials } = prepared;
  await bring(administration, 'lost', { wrappingKey, material: materials.lost, version: 1 });
  await bring(administration, 'empty', { wrappingKey, material: randomBytes(32), version: 1 });
  await administration.rotateKey('waiting', 1);
  expect(thereOf(await administration.listKeys())).toEqual({
    ...THERE,
    empty: ['1 present'],
    lost: ['1 present'],
    waiting: ['1 present', '2 present'],
  });
  expect(await lostOf(keys, prepared)).toEqual(['one 1']);
}

describe('keys with versions without material', () => {
  it('moved into the state store, and back into a folder → as they were, after each start too', async () => {
    const shared = new MemoryState();
    const directory = join(temporaryFolder(), 'keys');
    const keys = await startMoving({ shared, directory, init: true });
    const prepared = await prepare(keys);
    await expectAll(keys, prepared);
    await keys.administration.moveKeys({ to: 'database' });
    await expectAll(keys, prepared);
    await keys.close();
    const sealed = await startMoving({ shared });
    await expectAll(sealed, prepared);
    const back = join(temporaryFolder(), 'back');
    await sealed.administration.moveKeys({ to: 'folder', directory: back });
    await expectAll(sealed, prepared);
    await sealed.close();
    const file = await startMoving({ shared, directory: back });
    await expectAll(file, prepared);
    await expectTheyTakeMaterial(file, prepared);
  });

  it('a store that has gone back to when the material was there → recovered without it', async () => {
    const shared = new MemoryState();
    const keys = await startMoving({ shared, init: true });
    const { administration } = keys;
    const prepared = await prepareKeys(keys);
    await administration.createKey('going', BOTH);
    const backup = new MemoryState(shared);
    await administration.destroyVersion('one', 1);
    await administration.destroyVersion('brought', 1);
    await administration.destroyKey('going');
    await administration.createKey('empty', BOTH, 'external');
    goneBackTo(shared, backup);
    await expect.poll(() => keys.state.standing.kind).toBe('gone-back');
    const names = (await keys.state.recover()).map(({ id }) => id.split('/').at(-1));
    expect(names).toEqual(expect.arrayContaining(['one', 'brought', 'going', 'empty']));

    const other = await startMoving({ shared });
    for (const each of [keys, other]) {
      expect(thereOf(await each.administration.listKeys())).toEqual({
        ...THERE,
        brought: ['1 absent'],
        // Nobody knows how often the second has encrypted, so that a third does.
        one: ['1 absent', '2 present', '3 present'],
      });
      expect(await lostOf(each, prepared)).toEqual(['one 1', 'brought 1', 'lost 1']);
      expect(await refusalOf(() => each.administration.createKey('going', BOTH))).toBe('conflict');
    }
  });
});

/** Lets a store become what it was, as a restore from a backup does. */
function goneBackTo(state: MemoryState, backup: MemoryState): void {
  state.documents.clear();
  for (const [name, document] of backup.documents) state.documents.set(name, document);
  state.tokens.length = backup.tokens.length;
}

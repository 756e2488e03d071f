import { expect, it } from 'vitest';
import { LeapingClock } from '../../../support/leaping-clock.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { copyOf, notes, soon } from './replica.js';

const STRAY = 'the lease of nobody counts for nothing';

it('a document turns out to be damaged → logged once, as long as it is', async () => {
  const state = new MemoryState();
  const { copy, log } = await copyOf(state);
  const { revision: replaces } = await copy.collection(notes).put('x', { text: 'good' }, 0);
  const name = { collection: 'notes', id: 'x' };
  await new MemoryStateStore(state).put({ ...name, format: 1, contents: '{}', replaces });
  const errors = () => log.lines().filter(({ level }) => level === 'error');
  await expect.poll(errors, { timeout: 5_000 }).toHaveLength(1);
  await copy.refresh(soon());
  expect(errors()).toMatchObject([{ msg: expect.stringContaining('x is damaged') as string }]);
});

it('something that counts for nothing stays → shown at once, and logged once it has stayed', async () => {
  const state = new MemoryState();
  const clock = new LeapingClock();
  const { copy, log } = await copyOf(state, { clock });
  const logged = () => log.lines().filter(({ msg }) => msg === STRAY).length;
  state.leftAside.push(STRAY);
  await copy.refresh(soon());
  expect(copy.standing).toMatchObject({ leftAside: [STRAY], problems: [] });
  expect(logged()).toBe(0);
  for (let looks = 0; looks < 10; looks += 1) {
    clock.leap(2_000);
    await copy.collection({ ...notes, name: 'abcdefghij'.charAt(looks) }).put('x', { text: '' }, 0);
  }
  expect(logged()).toBe(1);
});

it('documents of a collection that nothing reads → named with their number, until it is read', async () => {
  const state = new MemoryState();
  const other = await copyOf(state);
  await other.copy.collection(notes).put('x', { text: 'one' }, 0);
  const { copy } = await copyOf(state);
  expect(copy.standing.leftAside).toEqual([expect.stringContaining('1 document of notes')]);
  copy.collection(notes);
  expect(copy.standing.leftAside).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { BreakGlassOpenings } from '../../../src/authorization/break-glass/break-glass.js';
import type { HoldfastEvent } from '../../../src/notifications/events.js';
import { CollectionInMemory } from '../../support/collection-in-memory.js';
import { HERE_ALONE } from '../../support/here-alone.js';

const HOUR_MS = 3_600_000;
const OPENING = { keyStore: 'store', reason: 'INC-1', by: 'ops' };

function opened() {
  const clock = { time: Date.parse('2026-11-28T12:00:00Z'), now: () => clock.time };
  const events: HoldfastEvent[] = [];
  const openings = new BreakGlassOpenings({
    state: { collection: () => new CollectionInMemory() },
    clock,
    events: { tell: (event: HoldfastEvent) => events.push(event) },
    confirmations: HERE_ALONE,
  });
  return { clock, events, openings };
}

describe('policies that are overruled', () => {
  it('until their time is over, of that key store alone', async () => {
    const { clock, events, openings } = opened();
    const { until } = await openings.open(OPENING, HOUR_MS);
    expect(until).toBe('2026-11-28T13:00:00.000Z');
    expect(openings.isOpen('store', clock.time)).toBe(true);
    expect(openings.isOpen('other', clock.time)).toBe(false);
    expect(openings.list()).toMatchObject([OPENING]);
    expect(events).toEqual([{ event: 'break-glass-opened', ...OPENING, expiresAt: until }]);
    clock.time += HOUR_MS;
    expect(openings.isOpen('store', clock.time)).toBe(false);
    expect(openings.list()).toEqual([]);
    expect(await openings.close('store', 'ops')).toMatchObject({ wasOpen: false });
  });

  it('until they are closed, and once more after that', async () => {
    const { clock, events, openings } = opened();
    await openings.open(OPENING, HOUR_MS);
    expect(await openings.close('store', 'chief')).toMatchObject({ wasOpen: true });
    expect(openings.isOpen('store', clock.time)).toBe(false);
    expect(events.at(-1)).toEqual({ event: 'break-glass-closed', keyStore: 'store', by: 'chief' });
    await openings.open({ ...OPENING, reason: 'INC-2' }, HOUR_MS);
    expect(openings.list()).toMatchObject([{ reason: 'INC-2' }]);
  });

  it('until they are closed, also by a clock that is behind', async () => {
    const { clock, openings } = opened();
    await openings.open(OPENING, HOUR_MS);
    await openings.close('store', 'chief');
    expect(openings.isOpen('store', clock.time - HOUR_MS)).toBe(false);
  });
});

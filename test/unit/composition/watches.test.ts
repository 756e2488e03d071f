import { describe, expect, it } from 'vitest';
import { HealthEvents } from '../../../src/composition/health-events.js';
import { type WatchPorts, Watches } from '../../../src/composition/watches.js';
import type { KeyManagerNode } from '../../../src/key-managers/backend.js';
import type { HoldfastEvent } from '../../../src/notifications/events.js';
import { SetClock } from '../../support/kms-simulator/key-ring.js';

const DAY_MS = 86_400_000;

/** Watches with a clock that a test sets, and what they tell. */
function watching(overrides: Partial<WatchPorts>) {
  const told: HoldfastEvent[] = [];
  const clock = new SetClock();
  const watches = new Watches({
    tell: { tell: (event) => told.push(event) },
    clock,
    certificates: () => [],
    credentials: () => [],
    encryptionsLeft: () => Promise.resolve([]),
    ...overrides,
  });
  return { told, clock, watches };
}

describe('Watches', () => {
  it('a certificate towards its end → told at 30, 7, 1 and 0 days, once each', async () => {
    const clock = new SetClock();
    const expiresAt = clock.nowMs + 40 * DAY_MS;
    const certificates = () => [{ listener: 'xks', expiresAt }];
    const { told, watches } = watching({ clock, certificates });
    const days: number[] = [];
    for (let hour = 0; hour < 45 * 24; hour += 1) {
      const before = told.length;
      await watches.look();
      if (told.length > before) days.push(hour / 24);
      clock.nowMs += DAY_MS / 24;
    }
    await watches.stop();
    expect(days).toEqual([10, 33, 39, 40]);
    expect(told.map((event) => ('daysLeft' in event ? event.daysLeft : undefined))).toEqual([
      30, 7, 1, 0,
    ]);
    expect(told[0]).toMatchObject({
      listener: 'xks',
      expiresAt: new Date(expiresAt).toISOString(),
    });
  });

  it('a credential towards its end → told at 30, 7, 1 and 0 days, once each', async () => {
    const clock = new SetClock();
    const expiresAt = clock.nowMs + 31 * DAY_MS;
    const credential = { keyStore: 'production', accessKeyId: 'A'.repeat(20), expiresAt };
    const { told, watches } = watching({ clock, credentials: () => [credential] });
    for (let day = 0; day < 33; day += 1) {
      await watches.look();
      await watches.look();
      clock.nowMs += DAY_MS;
    }
    await watches.stop();
    const { keyStore, accessKeyId } = credential;
    const end = new Date(expiresAt).toISOString();
    expect(told).toEqual(
      [30, 7, 1, 0].map((daysLeft) => ({
        ...{ event: 'credential-expiring', keyStore, accessKeyId, expiresAt: end, daysLeft },
      })),
    );
  });

  it('a certificate that is renewed → nothing more of the old one, and the new one by itself', async () => {
    const clock = new SetClock();
    let expiresAt = clock.nowMs + DAY_MS / 2;
    const certificates = () => [{ listener: 'xks', expiresAt }];
    const { told, watches } = watching({ clock, certificates });
    await watches.look();
    expiresAt = clock.nowMs + 90 * DAY_MS;
    await watches.look();
    expiresAt = clock.nowMs + 20 * DAY_MS;
    await watches.look();
    await watches.stop();
    expect(told).toMatchObject([{ daysLeft: 1 }, { daysLeft: 30 }]);
  });

  it.each([
    ['a tenth and one more', { encryptionsLeft: 101, encryptionLimit: 1_000 }, 0],
    ['a tenth', { encryptionsLeft: 100, encryptionLimit: 1_000 }, 1],
    ['none', { encryptionsLeft: 0, encryptionLimit: 1_000 }, 1],
    ['few, of a key that gets a new version by itself', { encryptionsLeft: 1 }, 0],
  ])('%s of its encryptions left → %#, and once', async (_, left, times) => {
    const key = { keyManager: 'hsm', externalKeyId: 'payroll', keyVersion: 1, ...left };
    const { told, watches } = watching({ encryptionsLeft: () => Promise.resolve([key]) });
    await watches.look();
    await watches.look();
    await watches.stop();
    expect(told).toHaveLength(times);
    if (times > 0) expect(told[0]).toEqual({ event: 'encryption-budget-low', ...key });
  });
});

describe('HealthEvents', () => {
  const node = { name: 'a', location: 'Berlin' } as KeyManagerNode;

  it('a node that goes and comes → down and up, and nothing of one that was never down', () => {
    const told: unknown[] = [];
    const events = new HealthEvents('hsm', { tell: (event) => told.push(event) });
    events.changed(node, { status: 'ACTIVE' });
    events.changed(node, { status: 'UNAVAILABLE', detail: 'no answer' });
    events.changed(node, { status: 'DEGRADED', detail: 'slow' });
    events.changed(node, { status: 'ACTIVE' });
    events.changed(node, { status: 'ACTIVE' });
    const about = { keyManager: 'hsm', node: 'a', location: 'Berlin' };
    expect(told).toMatchObject([
      { event: 'node-down', ...about, health: 'UNAVAILABLE', reason: 'no answer' },
      { event: 'node-down', ...about, health: 'DEGRADED', reason: 'slow' },
      { event: 'node-up', ...about, health: 'ACTIVE' },
    ]);
  });
});

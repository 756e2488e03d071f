import { describe, expect, it } from 'vitest';
import { importMaterial } from '../../../../src/external-keys/lifecycle/import-material.js';
import { importParameters } from '../../../../src/external-keys/lifecycle/import-parameters.js';
import { createKey } from '../../../../src/external-keys/lifecycle/create-key.js';
import { BEGIN } from '../../../support/lifecycle.js';
import { LivingKeys } from '../../../support/living-keys.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import {
  DAY_MS,
  ManualClock,
  type ScheduledReplica,
  scheduledReplica,
} from '../../../support/scheduled-replica.js';
import { OAEP_2048, wrap } from '../../../support/wrapping-pair.js';

const HOUR_MS = 3_600_000;

async function withMaterial(livesMs: number) {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  const clock = new ManualClock();
  const replica = await scheduledReplica(memory, keys, clock);
  await replica.round();
  const usage = new Set(['ENCRYPT'] as const);
  await createKey(replica.lifecycle, { externalKeyId: 'key', usage, origin: 'external' }, 'ann');
  const { publicKey, importToken } = await importParameters(
    replica.lifecycle,
    'key',
    OAEP_2048,
    'ann',
  );
  const offered = {
    wrapped: wrap(OAEP_2048, publicKey, Buffer.alloc(32, 1)),
    importToken,
    expiresAt: new Date(BEGIN + livesMs),
  };
  await importMaterial(replica.lifecycle, 'key', offered, 'ann');
  await replica.round();
  return { memory, keys, clock, replica };
}

function told({ events }: ScheduledReplica) {
  return events.flatMap((event) => {
    if (event.event === 'key-expiring') return [event.daysLeft];
    return event.event === 'key-expired' ? [0] : [];
  });
}

describe('ExpireMaterial', () => {
  it('30, 7 and 1 days before, and at the end → people are told once each', async () => {
    const { clock, replica } = await withMaterial(40 * DAY_MS);
    const days: unknown[] = [];
    for (let day = 1; day <= 41; day += 1) {
      clock.setForward(DAY_MS);
      await replica.round();
      days.push(told(replica).length);
    }
    expect(told(replica)).toEqual([30, 7, 1, 0]);
    expect([days[8], days[9], days[31], days[32], days[37], days[38]]).toEqual([0, 1, 1, 2, 2, 3]);
  });

  it('the date has come and the store has run for as long → destroyed by the schedule', async () => {
    const { keys, replica } = await withMaterial(HOUR_MS);
    await replica.runFor(HOUR_MS - 60_000);
    expect(keys.done).not.toContain('destroy-version key');
    await replica.runFor(5 * 60_000);
    expect(keys.done).toContain('destroy-version key');
    expect(replica.records.keyOf('key').state).toBe('PendingImport');
    expect(replica.records.keyRecordOf('key')?.value.imports).toMatchObject([
      { version: 1, destroyed: { by: 'schedule' } },
    ]);
  });

  it('a clock that was set forward → use ends, and nothing is destroyed before it has run', async () => {
    const { keys, clock, replica } = await withMaterial(HOUR_MS);
    clock.setForward(100 * DAY_MS);
    await replica.runFor(10 * 60_000);
    expect(replica.records.keyOf('key').state).toBe('PendingImport');
    expect(keys.done).not.toContain('destroy-version key');
  });

  it('the history of the store was broken → expired material is kept for seven days more', async () => {
    const { keys, clock, replica } = await withMaterial(HOUR_MS);
    clock.setForward(DAY_MS);
    await replica.running.breakHistory();
    await replica.round();
    const { dueRanMs = 0 } = replica.records.keyRecordOf('key')?.value.imports?.[0] ?? {};
    expect(dueRanMs - replica.running.ranMs).toBeGreaterThanOrEqual(7 * DAY_MS);
    expect(keys.done).not.toContain('destroy-version key');
  });

  it('the call to destroy it gets lost → finished by a later round', async () => {
    const { keys, replica } = await withMaterial(HOUR_MS);
    let lost = 0;
    keys.losing = (act) => {
      if (act !== 'destroy-version' || lost > 0) return undefined;
      lost += 1;
      return 'after';
    };
    await replica.runFor(HOUR_MS + 10 * 60_000);
    expect(replica.records.keyRecordOf('key')?.value.intent).toBeUndefined();
    expect(replica.records.keyRecordOf('key')?.value.imports?.[0]?.destroyed).toBeDefined();
  });
});

describe('DiscardImportTokens', () => {
  it('a token that nobody used in 24 hours → its wrapping key is destroyed', async () => {
    const { keys, clock, replica } = await withMaterial(40 * DAY_MS);
    await importParameters(replica.lifecycle, 'key', OAEP_2048, 'ann');
    clock.setForward(DAY_MS - 1);
    await replica.round();
    expect(keys.wrappingKeys.size).toBe(1);
    clock.setForward(1);
    await replica.round();
    expect(keys.wrappingKeys.size).toBe(0);
    expect(replica.records.keyRecordOf('key')?.value.importTokens).toEqual([]);
  });

  it('a wrapping key of a process that ended before its record → gone within six hours', async () => {
    const { keys, replica } = await withMaterial(40 * DAY_MS);
    await keys.administration.materialImport.createWrappingKey(OAEP_2048);
    await replica.elapse(6.1 * HOUR_MS);
    expect(keys.wrappingKeys.size).toBe(1);
    for (const id of keys.wrappingKeys.keys()) keys.oldWrappingKeys.add(id);
    await replica.elapse(6.1 * HOUR_MS);
    expect(keys.wrappingKeys.size).toBe(0);
  });

  it('the key manager does not answer → old wrapping keys are looked for again', async () => {
    const { keys, memory, clock, replica } = await withMaterial(40 * DAY_MS);
    await replica.state.close();
    await keys.administration.materialImport.createWrappingKey(OAEP_2048);
    for (const id of keys.wrappingKeys.keys()) keys.oldWrappingKeys.add(id);
    keys.losing = (act) => (act === 'destroy-old-wrapping-keys' ? 'before' : undefined);
    const next = await scheduledReplica(memory, keys, clock);
    await next.round();
    expect(keys.wrappingKeys.size).toBe(1);
    keys.losing = () => undefined;
    await next.runFor(120_000);
    expect(keys.wrappingKeys.size).toBe(0);
  });
});

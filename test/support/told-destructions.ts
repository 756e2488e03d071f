import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ToldTombstones } from '../../src/composition/destructions/told-tombstones.js';
import { createKey } from '../../src/external-keys/lifecycle/create-key.js';
import { rotateKey } from '../../src/external-keys/lifecycle/rotate-key.js';
import type { HoldfastEvent } from '../../src/notifications/events.js';
import { auditSigner, startServer } from './audit-log-folder.js';
import { LivingKeys } from './living-keys.js';
import { captureLog } from './log-lines.js';
import { MemoryState } from './memory-state-store.js';
import { ManualClock, scheduledReplica } from './scheduled-replica.js';
import { temporaryFolder } from './temporary-folder.js';

const USAGE = new Set(['ENCRYPT', 'DECRYPT'] as const);
/** No replica lives. */
export const NOBODY = { has: () => false };

/** A key manager with a key of two versions, and an audit log that tells of a destruction. */
export async function parts() {
  const folder = temporaryFolder();
  const folders = { audit: join(folder, 'audit'), stateDirectory: folder };
  const keys = new LivingKeys();
  const clock = new ManualClock();
  const replica = await scheduledReplica(new MemoryState(), keys, clock);
  const wanted = { externalKeyId: 'key', usage: USAGE, origin: 'generated' } as const;
  await createKey(replica.lifecycle, wanted, 'ann');
  await rotateKey(replica.lifecycle, 'key', 'ann');
  return { folders, keys, clock, ...replica };
}

/** Writes a log that tells of events, with its own key. */
export async function tell(directory: string, events: readonly HoldfastEvent[]): Promise<void> {
  const log = await startServer({ directory, records: 0 });
  for (const event of events) {
    log.trail.recordLater('event', { ...event, severity: 'warning' });
  }
  await log.close();
}

/** The events of destructions. */
export function destroyed(events: readonly HoldfastEvent[]): readonly HoldfastEvent[] {
  return events.filter(({ event }) => event === 'key-destroyed');
}

/** Starts as a server does, and ends what waits. */
export async function restore(
  { audit, stateDirectory }: Awaited<ReturnType<typeof parts>>['folders'],
  next: Awaited<ReturnType<typeof restored>>,
): Promise<ToldTombstones> {
  const tombstones = new ToldTombstones({
    records: { of: () => next.records },
    acts: () => next.acts,
    tell: next.lifecycle.ports.events,
    log: next.logger,
  });
  onTestFinished(() => tombstones.stop());
  await tombstones.start({ audit, stateDirectory, key: auditSigner.verifierKey });
  return tombstones;
}

/** A replica that begins with a lost state, at a key manager that a backup has brought back. */
export async function restored(keys: LivingKeys) {
  const clock = new ManualClock();
  const replica = await scheduledReplica(new MemoryState(), keys, clock);
  const { logger, lines } = captureLog();
  const acts = new Map([['living', replica.lifecycle]]);
  return { ...replica, acts, logger, lines };
}

/** Keeps a key manager from answering. @returns lets it answer again */
export function away(keys: LivingKeys): () => void {
  const answer = keys.describeKey.bind(keys);
  keys.describeKey = () => Promise.reject(new Error('no answer'));
  return () => {
    keys.describeKey = answer;
  };
}

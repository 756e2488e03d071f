import type { Recorded } from '../key-records.js';
import { LifecycleError } from '../lifecycle/lifecycle-error.js';
import type { KeyActs, LifecyclePorts } from '../lifecycle/lifecycle-ports.js';
import { rotateKey, SCHEDULE } from '../lifecycle/rotate-key.js';
import type { KeyRecord } from '../record.js';
import { Retries } from './retries.js';
import { jitterOf, nextRotation } from './next-rotation.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';
import { messageOf } from '../../shared/reason-of.js';

/** Keys that are rotated at the same time. */
const AT_ONCE = 4;

/**
 * Rotates keys by the calendar. A key that is not Enabled is left alone; when it comes back and its
 * time has passed, it is rotated in the next round.
 */
export class RotateDue implements ScheduledWork {
  readonly #retries = new Retries();
  /** The times from which keys are due, by the revision of the record that says so. */
  readonly #dueAt = new WeakMap<KeyRecord, number>();

  async run(acts: KeyActs, round: Round): Promise<void> {
    const due = acts.ports.records
      .list()
      .flatMap(({ value }) => (this.#isDue(value, round.now) ? [value.externalKeyId] : []));
    await forEachFew(due, AT_ONCE, round, (externalKeyId) => this.#rotate(acts, externalKeyId));
  }

  #isDue(value: Recorded['value'], now: number): boolean {
    if (value.kind !== 'key' || value.rotation === undefined) return false;
    if (value.state !== 'Enabled' || value.intent !== undefined) return false;
    if (value.origin === 'external') return false;
    const dueAt =
      this.#dueAt.get(value) ?? nextRotation(value.rotation) + jitterOf(value.externalKeyId);
    this.#dueAt.set(value, dueAt);
    return now >= dueAt;
  }

  #rotate(acts: KeyActs, externalKeyId: string): Promise<void> {
    const { ports } = acts;
    const work = async () => {
      await rotateKey(acts, externalKeyId, SCHEDULE);
    };
    return this.#retries.attempt(ports, externalKeyId, work, (error) => {
      tellFailure(ports, externalKeyId, error);
    });
  }
}

function tellFailure(
  { keyManager, events, log }: LifecyclePorts,
  externalKeyId: string,
  error: unknown,
): void {
  const fields = { externalKeyId, err: error };
  // Its key manager has disabled it: no failure, and nothing to tell.
  if (error instanceof LifecycleError && error.code === 'invalid-state') {
    log.info(fields, 'a key is due for rotation, and cannot be rotated');
    return;
  }
  log.error(fields, 'a key is due for rotation, and was not rotated');
  events.tell({
    event: 'key-rotation-failed',
    keyManager: keyManager.name,
    externalKeyId,
    cause: 'schedule',
    reason: messageOf(error),
  });
}

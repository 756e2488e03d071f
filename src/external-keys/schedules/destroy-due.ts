import type { Recorded } from '../key-records.js';
import { destroyKey } from '../lifecycle/destroy-key.js';
import { destroyVersion } from '../lifecycle/destroy-version.js';
import type { KeyActs } from '../lifecycle/lifecycle-ports.js';
import { SCHEDULE } from '../lifecycle/rotate-key.js';
import type { KeyRecord } from '../record.js';
import { Retries } from './retries.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';
import { isOver } from './waiting.js';

/** Keys that are destroyed at the same time. */
const AT_ONCE = 2;

/** Destroys the keys and versions whose waiting period is over. */
export class DestroyDue implements ScheduledWork {
  readonly #retries = new Retries();

  async run(acts: KeyActs, round: Round): Promise<void> {
    const { ports } = acts;
    const due = ports.records
      .list()
      .flatMap(({ value, revision }) =>
        value.kind === 'key' && value.intent === undefined && isDue(value, round)
          ? [{ value, revision }]
          : [],
      );
    await forEachFew(due, AT_ONCE, round, (record) => {
      const { externalKeyId } = record.value;
      const work = () => destroy(acts, record, round);
      return this.#retries.attempt(ports, externalKeyId, work, (err) => {
        ports.log.error({ externalKeyId, err }, 'a key is to be destroyed, and is not');
      });
    });
  }
}

function isDue(record: KeyRecord, round: Round): boolean {
  return isKeyDue(record, round) || dueVersion(record, round) !== undefined;
}

function isKeyDue({ state, deletion }: KeyRecord, round: Round): boolean {
  return state === 'PendingDeletion' && deletion !== undefined && isOver(deletion, round);
}

function dueVersion({ state, retirements = [] }: KeyRecord, round: Round): number | undefined {
  if (state === 'Destroyed' || state === 'PendingDeletion') return undefined;
  const due = retirements.filter(
    ({ destroyed, waiting }) =>
      destroyed === undefined && waiting !== undefined && isOver(waiting, round),
  );
  // Some key managers destroy none before all that are older.
  return due.length === 0 ? undefined : Math.min(...due.map(({ version }) => version));
}

async function destroy(acts: KeyActs, record: Recorded<KeyRecord>, round: Round): Promise<void> {
  if (isKeyDue(record.value, round)) {
    await destroyKey(acts, record, SCHEDULE);
    return;
  }
  const version = dueVersion(record.value, round);
  if (version !== undefined) await destroyVersion(acts, record, version, SCHEDULE);
}

import type { Recorded } from '../key-records.js';
import { destroyKey } from '../lifecycle/destroy-key.js';
import { destroyVersion } from '../lifecycle/destroy-version.js';
import { LifecycleError } from '../lifecycle/lifecycle-error.js';
import type { KeyActs } from '../lifecycle/lifecycle-ports.js';
import { SCHEDULE } from '../lifecycle/rotate-key.js';
import { MIN_UNUSED_DAYS } from '../lifecycle/retire-version.js';
import type { KeyRecord, Retirement } from '../record.js';
import type { KeyUse } from '../use/key-use.js';
import { Retries } from './retries.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';
import { isOver } from './waiting.js';
import { DAY_MS, MINUTE_MS } from '../../shared/durations.js';

/** Keys that are destroyed at the same time. */
const AT_ONCE = 2;

/** The last uses of versions, as far as replicas have told of them. */
export type ToldUses = Pick<KeyUse, 'of'>;

/**
 * Destroys the keys and versions whose waiting period is over. A version that was retired as
 * unused, and of whose use a replica has told only afterwards, is left for people to decide about.
 */
export class DestroyDue implements ScheduledWork {
  readonly #uses: ToldUses;
  readonly #retries = new Retries();

  constructor(uses: ToldUses) {
    this.#uses = uses;
  }

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
      const work = () => this.#destroy(acts, record, round);
      return this.#retries.attempt(ports, externalKeyId, work, (err) => {
        ports.log.error({ externalKeyId, err }, 'a key is to be destroyed, and is not');
      });
    });
  }

  async #destroy(acts: KeyActs, record: Recorded<KeyRecord>, round: Round): Promise<void> {
    if (isKeyDue(record.value, round)) {
      await destroyKey(acts, record, SCHEDULE);
      return;
    }
    const due = dueRetirement(record.value, round);
    if (due === undefined) return;
    const { externalKeyId } = record.value;
    this.#assertUnused(acts.ports.keyManager.name, externalKeyId, due);
    await destroyVersion(acts, record, due.version, SCHEDULE);
  }

  /** @throws LifecycleError `invalid-state` for one that was not unused when it was retired */
  #assertUnused(keyManager: string, externalKeyId: string, due: DueRetirement): void {
    const { encrypted, decrypted } =
      this.#uses.of(keyManager, externalKeyId).get(due.version) ?? {};
    const lastMs = Math.max(encrypted?.[1] ?? 0, decrypted?.[1] ?? 0) * MINUTE_MS;
    if (lastMs < Date.parse(due.waiting.scheduled.at) - MIN_UNUSED_DAYS * DAY_MS) return;
    throw new LifecycleError(
      'invalid-state',
      `version ${due.version} of ${externalKeyId} was used at ${new Date(lastMs).toISOString()}, ` +
        'of which a replica has told only after it was retired as unused; it stays until somebody ' +
        `ends that: holdfast keys cancel-deletion ${externalKeyId} --version ${due.version}`,
    );
  }
}

function isDue(record: KeyRecord, round: Round): boolean {
  return isKeyDue(record, round) || dueRetirement(record, round) !== undefined;
}

function isKeyDue({ state, deletion }: KeyRecord, round: Round): boolean {
  return state === 'PendingDeletion' && deletion !== undefined && isOver(deletion, round);
}

type DueRetirement = Retirement & { readonly waiting: NonNullable<Retirement['waiting']> };

function dueRetirement(
  { state, retirements = [] }: KeyRecord,
  round: Round,
): DueRetirement | undefined {
  if (state === 'Destroyed' || state === 'PendingDeletion') return undefined;
  const due = retirements.flatMap((each) => {
    const { destroyed, waiting } = each;
    const isDue = destroyed === undefined && waiting !== undefined && isOver(waiting, round);
    return isDue ? [{ ...each, waiting }] : [];
  });
  // Some key managers destroy none before all that are older.
  return due.toSorted((one, other) => one.version - other.version)[0];
}

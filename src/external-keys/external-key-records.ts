import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import { StateError } from '../state/errors.js';
import type { Collection, State } from '../state/state.js';
import { KeyRecords, type RecordsPorts } from './key-records.js';
import { externalKeyRecords, type IdRecord } from './record.js';

/** The longest time for which a request waits for the state: after it, what is known counts. */
const CATCH_UP_MS = 50;

/** The part of the state that records are in. */
export type RecordsState = Pick<
  State,
  'collection' | 'isShared' | 'isInStep' | 'isFromCopy' | 'refresh'
>;

/** The records of every key manager of a state. */
export class ExternalKeyRecords {
  readonly #collection: Collection<IdRecord>;
  readonly #ports: RecordsPorts;
  readonly #byKeyManager = new Map<string, KeyRecords>();
  #onDestroyedAsked: (keyManager: string, externalKeyId: string) => void = () => undefined;

  constructor(state: RecordsState, clock: Clock) {
    this.#collection = state.collection(externalKeyRecords);
    this.#ports = {
      clock,
      isFromCopy: () => state.isFromCopy,
      caughtUp: () => caughtUp(state, clock),
      destroyedAsked: (keyManager, id) => {
        this.#onDestroyedAsked(keyManager, id);
      },
    };
  }

  /** Hands on which keys are asked for that are destroyed, or that have a destroyed version. */
  watchDestroyedAsked(onAsked: (keyManager: string, externalKeyId: string) => void): void {
    this.#onDestroyedAsked = onAsked;
  }

  /** The records of one key manager, by its name in the configuration. */
  of(keyManager: string): KeyRecords {
    const records =
      this.#byKeyManager.get(keyManager) ??
      new KeyRecords(keyManager, this.#collection, this.#ports);
    this.#byKeyManager.set(keyManager, records);
    return records;
  }
}

async function caughtUp(state: RecordsState, clock: Clock): Promise<void> {
  if (!state.isShared || !state.isInStep) return;
  try {
    await state.refresh(Deadline.after(clock, CATCH_UP_MS));
  } catch (error) {
    // What is known counts, then.
    if (!(error instanceof StateError)) throw error;
  }
}

import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry, CollectedFinding, SectionPlan } from '../model/collector.js';
import { isSuccess, NONE, tallyOf } from '../model/declared.js';
import { Tally } from '../model/tally.js';
import { Inventories, keyOf } from './inventories.js';

const USABLE = 'ENABLED';
/** The error that is answered for a key that is disabled. */
const STATE_ERROR = 'InvalidStateException';
const BY_INVENTORY = 'By the state in the inventory';
const ASKED = { operation: 'Operation', awsPrincipalArn: 'Principal' };

/**
 * Makes the section about uses, or attempts, of keys that were disabled, pending deletion or in any
 * other state but enabled.
 */
export function disabledKeysSection(limit: number): SectionPlan {
  return {
    id: 'disabled-keys',
    title: 'Use of keys that are disabled or pending deletion',
    about:
      'Operations on keys that were not in the state ENABLED. The first table goes by the inventory that ' +
      'the log had before the operation; one that succeeded may have come after the key was enabled ' +
      'again. The second goes by what was answered.',
    controls: [
      '3.7.5 retired or replaced keys are not used for encryption',
      'Art. 7(1) retiring, revoking and destroying; Art. 7(2)',
      'A.8.24',
      'Section 7 (key states and transitions)',
    ],
    collectors: [
      new DisabledKeys(limit),
      tallyOf(
        'key-operation',
        {
          id: 'disabled-by-answer',
          title: `Refused with ${STATE_ERROR}`,
          parts: { externalKeyId: 'Key', cause: 'Cause', ...ASKED },
          limit,
        },
        (record) => {
          const { externalKeyId, cause = NONE, operation = NONE, awsPrincipalArn = NONE } = record;
          return record.errorName === STATE_ERROR && externalKeyId !== undefined
            ? [externalKeyId, cause, operation, awsPrincipalArn]
            : undefined;
        },
      ),
    ],
  };
}

/** Uses of keys by the states that the inventories before have. */
class DisabledKeys implements Collector {
  readonly types = ['key-operation', 'key-inventory'] as const;
  readonly #uses: Tally;
  /** States of this log's keys, as far as it has come: only those that are not enabled. */
  #states = new Map<string, string>();
  #inventories = new Inventories();

  constructor(limit: number) {
    const parts = { externalKeyId: 'Key', state: 'State', ...ASKED };
    this.#uses = new Tally({ id: 'disabled-by-inventory', title: BY_INVENTORY, parts, limit });
  }

  begin(): void {
    this.#states = new Map();
    this.#inventories = new Inventories();
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (record.type === 'key-inventory') this.#takeStates(record);
    if (record.type !== 'key-operation' || !inPeriod || this.#states.size === 0) return;
    const { keyManager = '', externalKeyId, awsPrincipalArn = NONE, operation = NONE } = record;
    const state = this.#states.get(keyOf(keyManager, externalKeyId ?? ''));
    if (state === undefined || externalKeyId === undefined) return;
    const value = [externalKeyId, state, operation, awsPrincipalArn];
    this.#uses.add(value, timeMs, isSuccess(record));
  }

  tables() {
    return [this.#uses.table()];
  }

  findings(): readonly CollectedFinding[] {
    const finding =
      'Key operations succeeded on keys that the inventory before had as not enabled.';
    return [{ level: 'check', count: this.#uses.sum('success'), finding, where: BY_INVENTORY }];
  }

  #takeStates(record: RecordOf<'key-inventory'>): void {
    const inventory = this.#inventories.add(record);
    if (inventory === undefined) return;
    const { keyManager, keys } = inventory;
    for (const { externalKeyId, state } of keys) {
      // A later version of Holdfast may know states that this one does not.
      const name: string = state;
      const key = keyOf(keyManager, externalKeyId);
      if (name === USABLE) this.#states.delete(key);
      else this.#states.set(key, name);
    }
  }
}

import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';
import { Inventories } from './inventories.js';
import { keyOf } from './key-use.js';

const USABLE = 'ENABLED';
const NONE = '(none)';
/** What is answered for a key that is disabled. */
const STATE_ERROR = 'InvalidStateException';

/** Who used, or tried to use, keys that were disabled, pending deletion or in any other state but enabled. */
export class DisabledKeysCollector implements Collector {
  readonly #limit: number;
  readonly #byInventory = new Tally();
  readonly #byAnswer = new Tally();
  /** States of this log's keys, as far as it has come: only those that are not enabled. */
  #states = new Map<string, string>();
  #inventories = new Inventories();

  constructor(limit: number) {
    this.#limit = limit;
  }

  begin(): void {
    this.#states = new Map();
    this.#inventories = new Inventories();
  }

  add({ record, inPeriod }: Entry): void {
    if (record.type === 'key-inventory') this.#takeStates(record);
    if (!inPeriod || record.type !== 'key-operation') return;
    const { time, keyManager, externalKeyId, awsPrincipalArn = NONE, operation = NONE } = record;
    if (externalKeyId === undefined) return;
    const success = record.result === 'success';
    const state = this.#states.get(keyOf(keyManager ?? '', externalKeyId));
    if (state !== undefined) {
      this.#byInventory.add([externalKeyId, state, operation, awsPrincipalArn], time, success);
    }
    if (record.errorName === STATE_ERROR) {
      const { cause = NONE } = record;
      this.#byAnswer.add([externalKeyId, cause, operation, awsPrincipalArn], time, success);
    }
  }

  section(): Section {
    const asked = { operation: 'Operation', awsPrincipalArn: 'Principal' };
    return {
      id: 'disabled-keys',
      title: 'Use of keys that are disabled or pending deletion',
      about:
        'Operations on keys that were not in the state ENABLED. The first table goes by the inventory that ' +
        'the log had before the operation; one that succeeded may have come after the key was enabled ' +
        'again. The second goes by what was answered.',
      tables: [
        tallyTable(this.#byInventory, this.#limit, {
          id: 'disabled-by-inventory',
          title: 'By the state in the inventory',
          parts: { externalKeyId: 'Key', state: 'State', ...asked },
        }),
        tallyTable(this.#byAnswer, this.#limit, {
          id: 'disabled-by-answer',
          title: `Refused with ${STATE_ERROR}`,
          parts: { externalKeyId: 'Key', cause: 'Cause', ...asked },
        }),
      ],
    };
  }

  #takeStates(record: Extract<Entry['record'], { type: 'key-inventory' }>): void {
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

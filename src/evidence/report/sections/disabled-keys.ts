import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { Tally } from '../model/tally.js';
import { Inventories, keyOf } from './inventories.js';

const USABLE = 'ENABLED';
const NONE = '(none)';
/** The error that is answered for a key that is disabled. */
const STATE_ERROR = 'InvalidStateException';
const BY_INVENTORY = 'By the state in the inventory';

/** Who used, or tried to use, keys that were disabled, pending deletion or in any other state but enabled. */
export class DisabledKeysCollector implements Collector {
  readonly #byInventory: Tally;
  readonly #byAnswer: Tally;
  /** States of this log's keys, as far as it has come: only those that are not enabled. */
  #states = new Map<string, string>();
  #inventories = new Inventories();
  #succeeded = 0;

  constructor(limit: number) {
    const tally = (id: string, title: string, part: Record<string, string>) =>
      new Tally({
        id,
        title,
        parts: {
          externalKeyId: 'Key',
          ...part,
          operation: 'Operation',
          awsPrincipalArn: 'Principal',
        },
        limit,
      });
    this.#byInventory = tally('disabled-by-inventory', BY_INVENTORY, { state: 'State' });
    const title = `Refused with ${STATE_ERROR}`;
    this.#byAnswer = tally('disabled-by-answer', title, { cause: 'Cause' });
  }

  begin(): void {
    this.#states = new Map();
    this.#inventories = new Inventories();
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (record.type === 'key-inventory') this.#takeStates(record);
    if (!inPeriod || record.type !== 'key-operation') return;
    const isRefused = record.errorName === STATE_ERROR;
    if (!isRefused && this.#states.size === 0) return;
    const { keyManager, externalKeyId, awsPrincipalArn = NONE, operation = NONE } = record;
    if (externalKeyId === undefined) return;
    const success = record.result === 'success';
    const state = this.#states.get(keyOf(keyManager ?? '', externalKeyId));
    if (state !== undefined) {
      this.#byInventory.add([externalKeyId, state, operation, awsPrincipalArn], timeMs, success);
      if (success) this.#succeeded += 1;
    }
    if (isRefused) {
      const { cause = NONE } = record;
      this.#byAnswer.add([externalKeyId, cause, operation, awsPrincipalArn], timeMs, success);
    }
  }

  findings(): readonly ReportFinding[] {
    return [
      {
        level: 'check',
        count: this.#succeeded,
        finding: 'Key operations succeeded on keys that the inventory before had as not enabled.',
        section: 'disabled-keys',
        where: BY_INVENTORY,
      },
    ];
  }

  section(): Section {
    return {
      id: 'disabled-keys',
      title: 'Use of keys that are disabled or pending deletion',
      about:
        'Operations on keys that were not in the state ENABLED. The first table goes by the inventory that ' +
        'the log had before the operation; one that succeeded may have come after the key was enabled ' +
        'again. The second goes by what was answered.',
      tables: [this.#byInventory.table(), this.#byAnswer.table()],
    };
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

import { KeyManagerError } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { CARRY_OUT } from './carry-out.js';
import { isCertainlyUndone } from './certainly-undone.js';
import { LifecycleError } from './lifecycle-error.js';
import { type StuckAct, StuckActs } from './stuck-acts.js';
import type {
  BegunRecord,
  CarryOut,
  KeyActs,
  LifecyclePorts,
  PlannedIntent,
} from './lifecycle-ports.js';
import { writing } from './writing.js';
import { messageOf } from '../../shared/reason-of.js';

/**
 * The acts on the keys of one key manager that change something there: each is first written down
 * as an intent, by compare-and-set, then done, then recorded. A crash in between leaves an intent,
 * and whoever finds one that no living replica has begun finishes it.
 */
export class Lifecycle implements KeyActs {
  readonly ports: LifecyclePorts;
  readonly #stuck = new StuckActs();

  constructor(ports: LifecyclePorts) {
    this.ports = ports;
  }

  get unfinished(): readonly string[] {
    const { records, keyManager } = this.ports;
    return records.list().flatMap(({ value }) => {
      const stuck = value.kind === 'key' ? this.stuckActOf(value) : undefined;
      if (value.kind !== 'key' || stuck === undefined) return [];
      const act = `the act "${value.intent?.act ?? ''}" on ${value.externalKeyId}`;
      const problem = `cannot be finished, and is tried again: ${stuck.reason}`;
      return [`${act} of the key manager ${keyManager.name} ${problem}`];
    });
  }

  stuckActOf(record: KeyRecord): StuckAct | undefined {
    return record.intent && this.#stuck.of(record);
  }

  async perform(
    record: Recorded<KeyRecord>,
    planned: PlannedIntent,
    by: string,
    begin: CarryOut = CARRY_OUT[planned.act],
  ): Promise<Recorded<KeyRecord>> {
    const { records, replica, clock } = this.ports;
    const { underWay } = records;
    const { externalKeyId } = record.value;
    if (record.value.intent !== undefined || underWay.has(externalKeyId)) {
      throw new LifecycleError('conflict', `another act on ${externalKeyId} is under way`);
    }
    const begun = { at: new Date(clock.now()).toISOString(), by };
    const intent = { ...planned, replica, begun };
    underWay.add(externalKeyId);
    try {
      const value: BegunRecord = { ...record.value, intent };
      return await this.#carryOut(await writing(records, value, record.revision), begin);
    } finally {
      underWay.delete(externalKeyId);
    }
  }

  /**
   * Finishes the acts that were begun by replicas that do not live any more, or by this one when
   * it could not tell how they ended.
   *
   * @param living the replicas that have a lease
   */
  async finishAbandoned(living: Pick<ReadonlySet<string>, 'has'>): Promise<void> {
    const { records, replica, log, clock } = this.ports;
    const { underWay } = records;
    for (const { value, revision } of records.list()) {
      if (value.kind !== 'key' || value.intent === undefined) continue;
      const { externalKeyId, intent } = value;
      const isOfOther = intent.replica !== replica && living.has(intent.replica);
      if (isOfOther || underWay.has(externalKeyId)) continue;
      underWay.add(externalKeyId);
      try {
        await this.#carryOut({ value: { ...value, intent }, revision }, CARRY_OUT[intent.act]);
        log.warn({ externalKeyId, act: intent.act }, 'an act that was begun is finished');
      } catch (error) {
        if (this.#stuck.isToBeLogged(externalKeyId, clock.monotonic())) {
          log.error({ externalKeyId, act: intent.act, err: error }, 'an act cannot be finished');
        }
      } finally {
        underWay.delete(externalKeyId);
      }
    }
  }

  async #carryOut(begun: Recorded<BegunRecord>, carryOut: CarryOut): Promise<Recorded<KeyRecord>> {
    const { externalKeyId, intent } = begun.value;
    try {
      const done = await this.#carryOutOnce(begun, carryOut);
      this.#stuck.finished(externalKeyId);
      return done;
    } catch (error) {
      this.#stuck.note(externalKeyId, intent, error);
      throw error;
    }
  }

  async #carryOutOnce(
    { value, revision }: Recorded<BegunRecord>,
    carryOut: CarryOut,
  ): Promise<Recorded<KeyRecord>> {
    const { records } = this.ports;
    const { externalKeyId } = value;
    let done: KeyRecord;
    try {
      done = await carryOut(this.ports, value);
    } catch (error) {
      if (!(error instanceof KeyManagerError)) throw error; // A defect, for whoever finishes it.
      if (!isCertainlyUndone(error)) throw unfinished(externalKeyId, error);
      await this.#undo({ value, revision });
      throw error;
    }
    try {
      return await records.put(done, revision);
    } catch (error) {
      throw unfinished(externalKeyId, error);
    }
  }

  /** A key that did not come to be leaves no record. */
  async #undo({ value: { intent, ...before }, revision }: Recorded<BegunRecord>): Promise<void> {
    const { records } = this.ports;
    if (intent.act === 'create') await records.remove(before.externalKeyId, revision);
    else await records.put(before, revision);
  }
}

function unfinished(externalKeyId: string, cause: unknown): LifecycleError {
  const reason = messageOf(cause);
  return new LifecycleError(
    'unfinished',
    `the act on ${externalKeyId} is begun, and nobody can tell how it ended (${reason}); Holdfast ` +
      'goes on with it by itself',
    { cause },
  );
}

import type { ExternalKeyRecords } from '../../external-keys/external-key-records.js';
import type { Lifecycle } from '../../external-keys/lifecycle/lifecycle.js';
import {
  findForgotten,
  isRecorded,
  restoreTombstone,
  type ToldDestruction,
  withhold,
} from '../../external-keys/lifecycle/restore-tombstone.js';
import type { Tell } from '../../notifications/events.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { Rounds } from '../../shared/rounds.js';
import { parseVerifierKey } from '../../transparency-log/signed-note.js';
import type { Generations } from '../generation.js';
import type { ServerProcess } from '../process.js';
import type { Teardown } from '../teardown.js';
import {
  readToldDestructions,
  type ToldDestructions,
  type ToldSource,
  type UnprovenDestruction,
} from './told-destructions.js';
import { messageOf } from '../../shared/reason-of.js';

/** The time after which what could not be looked at is looked at again. */
const AGAIN_MS = 10_000;
const UNREADABLE =
  'the audit log cannot be read as a witness of destroyed keys: one that a restored or lost ' +
  'state store has forgotten may be used again';
const PENDING =
  'a key that the audit log calls destroyed is refused, and its tombstone cannot be written now';
const UNPROVEN =
  'a record of the audit log says that key material was destroyed, of which the state store knows ' +
  'nothing, and no signature proves it: nothing was done';

const WHY: Readonly<Record<UnprovenDestruction['vouching'], string>> = {
  unsigned: 'no checkpoint covers it',
  'taken-over': 'a start has found it behind the last checkpoint',
  'not-as-signed': 'the log is not what was signed',
};

/** The parts that forgotten tombstones are written with. */
export interface TombstonePorts {
  readonly records: Pick<ExternalKeyRecords, 'of'>;
  /** The acts on the keys of each key manager that is in force, by its name. */
  readonly acts: () => ReadonlyMap<string, Pick<Lifecycle, 'ports'>>;
  readonly tell: Tell;
  readonly log: OperatorLog;
}

/** A destruction that nobody has held against the records and the key manager yet. */
interface Pending<Told extends ToldDestruction> {
  readonly told: Told;
  /** The reason why it could not be looked at. */
  reason?: string;
}

/** A proven one: what it says is refused meanwhile. */
interface Withheld extends Pending<ToldDestruction> {
  readonly release: () => void;
}

/**
 * Unites the records with what this replica's audit log tells of destructions, because a state
 * store that was restored or lost knows less than the log. What the log's key vouches for is
 * refused before anybody is served, and gets its tombstone back; of the rest people are told, and
 * nothing is done.
 */
export class ToldTombstones {
  readonly #ports: TombstonePorts;
  #problems: readonly string[] = [];
  #withheld: Withheld[] = [];
  #unproven: Pending<UnprovenDestruction>[] = [];
  /** The unproven ones of which the records know nothing. */
  readonly #doubtful: UnprovenDestruction[] = [];
  readonly #rounds = new Rounds(AGAIN_MS, () => this.#round());

  constructor(ports: TombstonePorts) {
    this.#ports = ports;
  }

  /** Reads the log, and does what can be done now; the rest is tried again. Never rejects. */
  async start(source: ToldSource): Promise<void> {
    this.#take(await readToldDestructions(source));
    await this.round();
    if (!this.#isDone) this.#rounds.start();
  }

  /** Ends, when what is under way is done. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Tries again what could not be done. Never rejects. */
  round(): Promise<void> {
    return this.#rounds.run();
  }

  /** The sentences that say what waits for a person. */
  get waiting(): readonly string[] {
    return [
      ...this.#problems.map((problem) => `${UNREADABLE}: ${problem}`),
      ...this.#withheld.flatMap(({ told, reason }) =>
        reason === undefined ? [] : [`${nameOf(told)}: ${PENDING}: ${reason}`],
      ),
      ...this.#doubtful
        .filter((told) => !isRecorded(this.#ports.records.of(told.keyManager), told))
        .map((told) => `${nameOf(told)}: ${UNPROVEN} (${whyOf(told)}). ${adviceOf(told)}`),
    ];
  }

  get #isDone(): boolean {
    return this.#withheld.length === 0 && this.#unproven.length === 0;
  }

  #take({ proven, unproven, problems }: ToldDestructions): void {
    const { log, records } = this.#ports;
    this.#problems = problems;
    for (const problem of problems) log.error({ problem }, UNREADABLE);
    this.#withheld = proven.map((told) => {
      const release = withhold(records.of(told.keyManager), told);
      return { told, release };
    });
    this.#unproven = unproven.map((told) => ({ told }));
  }

  async #round(): Promise<void> {
    const withheld: Withheld[] = [];
    for (const each of this.#withheld) if (!(await this.#restore(each))) withheld.push(each);
    this.#withheld = withheld;
    const unproven: Pending<UnprovenDestruction>[] = [];
    for (const each of this.#unproven) if (!(await this.#doubt(each))) unproven.push(each);
    this.#unproven = unproven;
    // Not waited for: this is the round that it would wait for.
    if (this.#isDone) void this.#rounds.stop();
  }

  /** @returns whether it is settled */
  #restore(withheld: Withheld): Promise<boolean> {
    return this.#look(withheld, PENDING, async (ports) => {
      const forgotten = await findForgotten(ports, withheld.told);
      if (forgotten !== undefined) await restoreTombstone(ports, forgotten);
      withheld.release();
    });
  }

  /** @returns whether it is settled */
  #doubt(pending: Pending<UnprovenDestruction>): Promise<boolean> {
    const { told } = pending;
    return this.#look(pending, UNPROVEN, async (ports) => {
      if ((await findForgotten(ports, told)) === undefined) return;
      this.#doubtful.push(told);
      const { sequence, replica } = told;
      const message = `${nameOf(told)}: ${UNPROVEN}. ${adviceOf(told)}`;
      this.#ports.log.error({ sequence, replica, reason: whyOf(told) }, message);
      const { keyManager, externalKeyId, extent, keyVersion, materialNames, at } = told;
      this.#ports.tell.tell({
        ...{ event: 'destruction-not-proven', keyManager, externalKeyId, extent },
        ...(keyVersion !== undefined && { keyVersion }),
        ...{ materialNames, destroyedAt: at, reason: whyOf(told) },
      });
    });
  }

  async #look(
    pending: Pending<ToldDestruction>,
    message: string,
    work: (ports: Lifecycle['ports']) => Promise<void>,
  ): Promise<boolean> {
    const { keyManager, externalKeyId } = pending.told;
    const ports = this.#ports.acts().get(keyManager)?.ports;
    if (ports === undefined) return false;
    try {
      await work(ports);
      return true;
    } catch (err) {
      const reason = messageOf(err);
      if (pending.reason !== reason)
        this.#ports.log.error({ keyManager, externalKeyId, err }, message);
      pending.reason = reason;
      return false;
    }
  }
}

/** Refuses what the audit log calls destroyed, before anybody is served. */
export async function startTombstones(
  { audit, records, notifications, loggers }: ServerProcess,
  generations: Pick<Generations, 'current'>,
  teardown: Teardown,
): Promise<ToldTombstones> {
  const tombstones = new ToldTombstones({
    acts: () => generations.current.acts,
    ...{ records, tell: notifications.notifier, log: loggers.keyManager },
  });
  teardown.add(() => tombstones.stop());
  const { audit: config, stateDirectory } = generations.current.loaded.configuration;
  if (config !== undefined && audit !== undefined) {
    const key = parseVerifierKey(audit.publicKey);
    await tombstones.start({ audit: config.directory, key, stateDirectory });
  }
  return tombstones;
}

function nameOf({ keyManager, externalKeyId, keyVersion }: ToldDestruction): string {
  const version = keyVersion === undefined ? '' : `version ${String(keyVersion)} of `;
  return `${version}the key ${externalKeyId} of the key manager ${keyManager}`;
}

function whyOf({ vouching, sequence }: UnprovenDestruction): string {
  return `record ${String(sequence)}: ${WHY[vouching]}`;
}

function adviceOf({ extent, externalKeyId, keyVersion = 0 }: ToldDestruction): string {
  const version = String(keyVersion);
  const commands = {
    key: `schedule-deletion ${externalKeyId}`,
    version: `retire-version ${externalKeyId} ${version}`,
    'imported-material': `delete-imported-material ${externalKeyId}`,
  };
  return (
    'Find out with "holdfast audit verify" and from the certificates of destruction if it is true, ' +
    `and who wrote it. If it is true, destroy it again: "holdfast keys ${commands[extent]}".`
  );
}

import { systemClock } from '../../../src/shared/clock.js';
import type { OperatorLog } from '../../../src/shared/operator-log.js';
import type { StatementSigner } from '../../../src/external-keys/certificates.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { scheduleClock } from '../../../src/external-keys/schedules/schedule-clock.js';
import { externalKeyRecords, type IdRecord } from '../../../src/external-keys/record.js';
import { StateCopy } from '../../../src/state/copy/state-copy.js';
import { replicaOn } from '../lifecycle.js';
import { MemoryState, MemoryStateStore } from '../memory-state-store.js';
import { ManualClock, type OwnDisk, runningTimeOf, schedulerOf } from '../scheduled-replica.js';
import { TERMS } from '../state-replica.js';
import { GatedStore } from './gated-store.js';
import type { LifeKeyManager } from './life-key-managers.js';
import { LifeReplica, recordsOf } from './life-replica.js';
import { mortalKeyManager } from './mortal-key-manager.js';
import { Mortal } from './mortal.js';

/** A process's place, in which one comes after the other. */
interface Seat {
  readonly clock: ManualClock;
  readonly disk: OwnDisk;
  replica: LifeReplica | undefined;
}

const QUIET: OperatorLog = { info: quiet, warn: quiet, error: quiet };
/** A signer that takes no time: what is signed is tested elsewhere. */
const SIGNER: StatementSigner = {
  origin: 'life',
  checkpoint: () => Promise.resolve(undefined),
  sign: () => Promise.resolve('signed'),
};
/** A copy of the state whose leases neither begin late nor end. */
const STANDING_STILL = { now: () => systemClock.now(), monotonic: () => 1 };
const REPLICA_ID_BYTES = 16;

/** The world of one life: a state, a key manager, and the processes that share them. */
export class LifeWorld {
  readonly keyManager: LifeKeyManager;
  readonly memory = new MemoryState();
  /** The faults that nobody is told of who could do something about them. */
  readonly faults: string[] = [];
  /** The time that has really passed, in ms. */
  ranMs = 0;
  readonly #seats: readonly Seat[];
  readonly #closing: Promise<void>[] = [];
  #made = 0;

  private constructor(keyManager: LifeKeyManager) {
    this.keyManager = keyManager;
    this.#seats = Array.from({ length: keyManager.replicas }, () => ({
      clock: new ManualClock(),
      disk: { seen: undefined },
      replica: undefined,
    }));
  }

  /** Begins a world in which every process runs. */
  static async begin(keyManager: LifeKeyManager): Promise<LifeWorld> {
    const world = new LifeWorld(keyManager);
    await world.restart();
    return world;
  }

  /** The process at a place, if one lives there. */
  replicaAt(seat: number): LifeReplica | undefined {
    const replica = this.#seatAt(seat).replica;
    return replica?.mortal.isDead === false ? replica : undefined;
  }

  /** The processes that live. */
  get living(): readonly LifeReplica[] {
    return this.#seats.flatMap((_, seat) => this.replicaAt(seat) ?? []);
  }

  /** Starts a process wherever none lives. */
  async restart(): Promise<void> {
    for (const [index, seat] of this.#seats.entries()) {
      if (this.replicaAt(index) !== undefined) continue;
      await this.#bury(seat);
      seat.replica = await this.#start(seat);
    }
  }

  /** Lets the leases of processes that have died end. */
  endLeases(): void {
    const living = new Set(this.living.map(({ id }) => id));
    for (const id of this.memory.leases.keys()) {
      if (!living.has(id)) this.memory.leases.delete(id);
    }
  }

  /** Lets time pass. @param isMeasured false where no replica runs meanwhile */
  async pass(ms: number, isMeasured: boolean): Promise<void> {
    this.ranMs += ms;
    for (const { clock } of this.#seats) clock.pass(ms);
    if (!isMeasured) return;
    const store = new MemoryStateStore(this.memory);
    const name = { collection: scheduleClock.name, id: 'clock' };
    const before = await store.get(name);
    const ranMs = before?.contents === undefined ? 0 : ranMsOf(before.contents);
    const contents = JSON.stringify({ ranMs: ranMs + ms });
    await store.put({ ...name, format: 1, contents, replaces: before?.revision ?? 0 });
    // In so much time every process that lives has asked what is new.
    for (const replica of this.living) await replica.refresh();
  }

  /** Sets the date of one machine forward. */
  setForward(seat: number, ms: number): void {
    this.#seatAt(seat).clock.setForward(ms);
  }

  /** The clock of a machine. */
  clockAt(seat: number): ManualClock {
    return this.#seatAt(seat).clock;
  }

  /** The store's document of an id. @returns undefined where there is no record */
  recordOf(externalKeyId: string): IdRecord | undefined {
    const id = `${externalKeyRecords.name}/${this.keyManager.name}/${externalKeyId.toLowerCase()}`;
    const contents = this.memory.documents.get(id)?.contents;
    if (contents === undefined) return undefined;
    return externalKeyRecords.newest.schema.parse(JSON.parse(contents));
  }

  /** Ends every process. */
  async end(): Promise<void> {
    for (const seat of this.#seats) await this.#bury(seat);
    await Promise.all(this.#closing);
  }

  #seatAt(index: number): Seat {
    const seat = this.#seats[index % this.#seats.length];
    if (seat === undefined) throw new Error('a world has a place for a process');
    return seat;
  }

  async #bury(seat: Seat): Promise<void> {
    const { replica } = seat;
    seat.replica = undefined;
    replica?.mortal.kill();
    await replica?.close();
  }

  async #start(seat: Seat): Promise<LifeReplica> {
    const { clock, disk } = seat;
    const { name, capabilities, ownsKeys, isReal } = this.keyManager;
    const mortal = new Mortal();
    const store = new GatedStore(this.memory, mortal, !isReal);
    const state = await this.#openState(store);
    const records = recordsOf(state, clock, name);
    const mayRenew = (id: string) => records.mayRenew(id);
    const keyManager = mortalKeyManager(
      await this.keyManager.start({ mortal, state, mayRenew }),
      mortal,
      (id, version) => {
        this.#assertRefused(id, version);
      },
    );
    const running = runningTimeOf(state, clock, disk);
    const acts = replicaOn(state, keyManager, {
      ...{ capabilities, ownsKeys, records, clock, log: QUIET, signer: SIGNER },
      settled: () => this.#settled(state.replica),
      ranMs: () => running.ranMs,
    });
    const ports = { state, clock, running, log: QUIET };
    const scheduler = schedulerOf(acts.lifecycle, ports);
    const parts = { mortal, store, state, keyManager, clock, scheduler };
    return new LifeReplica({ ...parts, acts: { lifecycle: acts.lifecycle, records } });
  }

  #openState(store: GatedStore): Promise<StateCopy> {
    return StateCopy.open({
      ...{ clock: STANDING_STILL, log: QUIET, terms: TERMS, acceptsNewStore: false },
      ...{ replicaName: 'replica', version: '0.2.0' },
      randomBytes: (bytes) => this.#nextBytes(bytes),
      open: () => Promise.resolve(store),
      directory: '/nonexistent',
      writeFile: () => Promise.resolve(),
    });
  }

  /** The same ids in every run: which replica keeps the schedules hangs on them. */
  #nextBytes(bytes: number): Buffer {
    this.#made += 1;
    const id = Buffer.alloc(Math.max(bytes, REPLICA_ID_BYTES));
    // A process that comes later may be the first or the last in order.
    id.writeUInt32BE(Math.imul(this.#made, 0x9e3779b1) >>> 0, 0);
    id.writeUInt32BE(this.#made, 4);
    return id.subarray(0, bytes);
  }

  /** Before material is erased, no process that lives may use it any more. */
  #assertRefused(externalKeyId: string, version: number | undefined): void {
    for (const { records } of this.living) {
      const { state, retired, waiting } = records.keyOf(externalKeyId);
      const isUnused =
        version !== undefined && (retired?.has(version) === true || waiting === version);
      if (state === 'Enabled' && !isUnused)
        this.faults.push(`${externalKeyId} is erased while a replica uses it`);
    }
  }

  /** Every process that lives has applied everything; one that has died may yet, for a while. */
  async #settled(asking: string): Promise<void> {
    const others = this.living.filter(({ id }) => id !== asking);
    await Promise.all(others.map((replica) => replica.refresh().catch(() => undefined)));
    const known = new Set([asking, ...this.living.map(({ id }) => id)]);
    if ([...this.memory.leases.keys()].every((id) => known.has(id))) return;
    throw new KeyManagerError('unreachable', 'not every replica follows the store');
  }
}

function ranMsOf(contents: string): number {
  return (JSON.parse(contents) as { ranMs: number }).ranMs;
}

function quiet(): void {
  // What processes log in a life is of no interest.
}

import { setImmediate } from 'node:timers/promises';
import { BackgroundTask } from '../../shared/background-task.js';
import { StateError } from '../../state/errors.js';
import type { Uses } from '../../state/uses.js';
import { NotedUses } from './noted-uses.js';
import { type KeyUsePorts, Reporting } from './reporting.js';
import {
  joinedUse,
  keyUse,
  nameInShard,
  shardIdOf,
  type UseShard,
  type VersionUse,
} from './use-documents.js';

/** The time between two tellings. */
const TELL_MS = 60_000;
/** Keys that are gathered without a pause. */
const GATHERED_AT_ONCE = 100;

/**
 * The use of keys by version: noted in memory, told to the state each minute, and joined over all
 * replicas. What a replica could not tell is not lost while it runs.
 */
export class KeyUse {
  readonly reporting: Reporting;
  readonly #ports: KeyUsePorts;
  readonly #uses: Uses<UseShard>;
  readonly #telling: BackgroundTask;
  readonly #noted = new Map<string, NotedUses>();

  constructor(ports: KeyUsePorts) {
    this.#ports = ports;
    this.#uses = ports.state.uses(keyUse);
    this.reporting = new Reporting(ports, this.#uses);
    this.#telling = new BackgroundTask({
      everyMs: TELL_MS,
      work: () => this.#tell(),
      log: ports.log,
      whenFailed: 'the use of keys could not be told; tried again',
    });
  }

  /** The notes of one key manager. */
  notesOf(keyManager: string): NotedUses {
    const notes = this.#noted.get(keyManager) ?? new NotedUses(this.#ports.clock);
    this.#noted.set(keyManager, notes);
    return notes;
  }

  /** Says that this replica tells of uses, and begins to: before it serves anybody. */
  async start(): Promise<void> {
    await this.tell();
    this.#telling.start();
  }

  /** Tells the rest, and says that this replica has told all. */
  async stop(): Promise<void> {
    await this.#telling.stop();
    if (!this.#uses.isTold) return;
    try {
      await this.reporting.end();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'this replica counts as one that has not told all');
    }
  }

  /**
   * Tells what was noted, and reads what others have told. Never rejects: what could not be told is
   * told the next time, and what could not be read stands among the gaps of {@link reporting}.
   */
  tell(): Promise<void> {
    return this.#telling.run();
  }

  /** The use of a key by version, of all replicas as far as they have told, and of this one. */
  of(keyManager: string, externalKeyId: string): ReadonlyMap<number, VersionUse> {
    const shard = this.#uses.get(shardIdOf(keyManager, externalKeyId));
    const told = Object.entries(shard?.[nameInShard(externalKeyId)] ?? {});
    const uses = new Map(told.map(([version, use]) => [Number(version), use]));
    for (const [version, use] of this.notesOf(keyManager).of(externalKeyId)) {
      uses.set(version, joinedUse(uses.get(version) ?? {}, use));
    }
    return uses;
  }

  async #tell(): Promise<void> {
    await this.#gather();
    if (!this.#ports.state.isInStep) return;
    try {
      await this.#renew();
    } finally {
      // Whatever became of that: what others have told is to be known, or known to be missing.
      await this.#uses.tell();
    }
    await this.reporting.tellSince();
  }

  async #renew(): Promise<void> {
    try {
      await this.reporting.renew();
    } catch (error) {
      // Another replica has said so at the same time: this one does in a minute.
      if (!(error instanceof StateError) || error.code !== 'conflict') throw error;
    }
  }

  /** With room for requests in between: there can be thousands of keys. */
  async #gather(): Promise<void> {
    for (const [keyManager, notes] of this.#noted) {
      const shards = new Map<string, Record<string, UseShard[string]>>();
      let gathered = 0;
      for (const [externalKeyId, uses] of notes.take()) {
        const id = shardIdOf(keyManager, externalKeyId);
        const shard = shards.get(id) ?? {};
        shard[nameInShard(externalKeyId)] = Object.fromEntries(uses);
        shards.set(id, shard);
        gathered += 1;
        if (gathered % GATHERED_AT_ONCE === 0) await setImmediate();
      }
      for (const [id, shard] of shards) {
        this.#uses.add(id, shard);
        await setImmediate();
      }
      notes.forgetTaken();
    }
  }
}

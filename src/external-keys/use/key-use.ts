import { StateError } from '../../state/errors.js';
import type { Collection } from '../../state/state.js';
import { NotedUses } from './noted-uses.js';
import { type KeyUsePorts, Reporting } from './reporting.js';
import {
  joinedUse,
  keyUse,
  nameInShard,
  type Reporters,
  shardIdOf,
  type UseShard,
  type VersionUse,
} from './use-documents.js';

/** The time between two tellings. */
const TELL_MS = 60_000;

/** The uses of some keys that are noted and not told, by key and version. */
type Untold = Map<string, Map<number, VersionUse>>;

/**
 * The use of keys by version: noted in memory, told to the state each minute, and joined over all
 * replicas in documents that they share. What a replica could not tell is not lost while it runs.
 */
export class KeyUse {
  readonly reporting: Reporting;
  readonly #ports: KeyUsePorts;
  readonly #collection: Collection<UseShard | Reporters>;
  readonly #noted = new Map<string, NotedUses>();
  /** Uses that could not be told, by the document that they are for. */
  readonly #untold = new Map<string, Untold>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;

  constructor(ports: KeyUsePorts) {
    this.#ports = ports;
    this.#collection = ports.state.collection(keyUse);
    this.reporting = new Reporting(ports, this.#collection);
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
    this.#timer = setInterval(() => void this.tell(), TELL_MS).unref();
  }

  /** Tells the rest, and says that this replica has told all. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.tell();
    if (this.#untold.size > 0) return;
    await this.#orLog(() => this.reporting.end());
  }

  /** Tells what was noted. Never rejects: what could not be told is told the next time. */
  tell(): Promise<void> {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  /** The use of a key by version, of all replicas as far as they have told, and of this one. */
  of(keyManager: string, externalKeyId: string): ReadonlyMap<number, VersionUse> {
    const id = shardIdOf(keyManager, externalKeyId);
    const uses = new Map<number, VersionUse>();
    for (const [version, use] of Object.entries(
      this.#shard(id).uses[nameInShard(externalKeyId)] ?? {},
    )) {
      join(uses, Number(version), use);
    }
    for (const [version, use] of this.#untold.get(id)?.get(externalKeyId) ?? []) {
      join(uses, version, use);
    }
    for (const [version, use] of this.notesOf(keyManager).of(externalKeyId)) {
      join(uses, version, use);
    }
    return uses;
  }

  async #tell(): Promise<void> {
    if (!this.#ports.state.isInStep) return;
    await this.#orLog(() => this.reporting.renew());
    this.#gather();
    for (const [id, untold] of this.#untold) {
      await this.#orLog(async () => {
        await this.#write(id, untold);
        this.#untold.delete(id);
      });
    }
  }

  #gather(): void {
    for (const [keyManager, notes] of this.#noted) {
      for (const [externalKeyId, uses] of notes.take()) {
        const id = shardIdOf(keyManager, externalKeyId);
        const untold: Untold = this.#untold.get(id) ?? new Map<string, Map<number, VersionUse>>();
        const versions = untold.get(externalKeyId) ?? new Map<number, VersionUse>();
        for (const [version, use] of uses) join(versions, version, use);
        untold.set(externalKeyId, versions);
        this.#untold.set(id, untold);
      }
    }
  }

  /** Writes what is not known yet: nothing, where another replica has told the same. */
  async #write(id: string, untold: Untold): Promise<void> {
    const { uses: known } = this.#shard(id);
    const uses = { ...known };
    let isNew = false;
    for (const [externalKeyId, versions] of untold) {
      const name = nameInShard(externalKeyId);
      const before = uses[name] ?? {};
      const after = { ...before };
      for (const [version, use] of versions) {
        const joined = joinedUse(before[version] ?? {}, use);
        isNew ||= JSON.stringify(joined) !== JSON.stringify(before[version]);
        after[version] = joined;
      }
      uses[name] = after;
    }
    if (!isNew) return;
    const revision = this.#collection.get(id)?.revision ?? 0;
    await this.#collection.put(id, { kind: 'uses', uses }, revision);
  }

  #shard(id: string): UseShard {
    const document = this.#collection.get(id);
    if (document?.kind === 'value' && document.value.kind === 'uses') return document.value;
    return { kind: 'uses', uses: {} };
  }

  async #orLog(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Another replica has told at the same time: this one does so in a minute.
      if (error instanceof StateError && error.code === 'conflict') return;
      this.#ports.log.warn({ err: error }, 'the use of keys could not be told; tried again');
    }
  }
}

function join(uses: Map<number, VersionUse>, version: number, use: VersionUse): void {
  uses.set(version, joinedUse(uses.get(version) ?? {}, use));
}

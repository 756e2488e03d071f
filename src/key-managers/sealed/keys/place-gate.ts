import { KeyManagerError } from '../../backend.js';
import type { KeyPlace } from './place.js';

/**
 * The place of keys behind a gate: while it is shut, documents and counts do not change. Whoever
 * wants to change them waits; encryptions from blocks in hand go on.
 */
export class PlaceGate implements KeyPlace {
  readonly #place: KeyPlace;
  readonly #changing = new Set<Promise<unknown>>();
  #opened: Promise<void> | undefined;
  #open: () => void = () => undefined;
  #problem: string | undefined;
  #isOver = false;
  #end: () => void = () => undefined;
  readonly #ended: Promise<void>;

  constructor(place: KeyPlace) {
    this.#place = place;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Shuts the gate. Resolves when no change is under way. */
  async shut(): Promise<void> {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
    while (this.#changing.size > 0) await Promise.allSettled(this.#changing);
    // What follows a change in memory follows at once.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Refuses whoever waits for other replicas, or at a gate that is shut: it opens no more. */
  giveUp(): void {
    this.#end();
    if (this.#opened === undefined) return;
    this.#isOver = true;
    this.open();
  }

  /** Leaves the gate shut for a reason that the health of the node tells. */
  leaveShut(problem: string): void {
    this.#problem = problem;
  }

  /** Opens the gate. */
  open(): void {
    this.#problem = undefined;
    this.#opened = undefined;
    this.#open();
  }

  get perVersion(): number {
    return this.#place.perVersion;
  }

  get name(): string {
    return this.#place.name;
  }

  get problems(): readonly string[] {
    const problems = this.#place.problems;
    return this.#problem === undefined ? problems : [...problems, this.#problem];
  }

  blockSize(used: number, elapsedMs: number): number {
    return this.#place.blockSize(used, elapsedMs);
  }

  beginCount(...call: Parameters<KeyPlace['beginCount']>): ReturnType<KeyPlace['beginCount']> {
    return this.#change(() => this.#place.beginCount(...call));
  }

  nextBlock(...call: Parameters<KeyPlace['nextBlock']>): ReturnType<KeyPlace['nextBlock']> {
    return this.#change(() => this.#place.nextBlock(...call));
  }

  writeDocument(
    ...call: Parameters<KeyPlace['writeDocument']>
  ): ReturnType<KeyPlace['writeDocument']> {
    return this.#change(() => this.#place.writeDocument(...call));
  }

  documentNameOf(externalKeyId: string): string {
    return this.#place.documentNameOf(externalKeyId);
  }

  highestVersion(externalKeyId: string): Promise<number> {
    return this.#place.highestVersion(externalKeyId);
  }

  occupant(externalKeyId: string): Promise<string | undefined> {
    return this.#place.occupant(externalKeyId);
  }

  isSettled(revision: number): boolean {
    return this.#place.isSettled(revision);
  }

  whenSettled(revision: number): Promise<void> {
    const ended = this.#ended.then(() => {
      throw stopping();
    });
    return Promise.race([this.#place.whenSettled(revision), ended]);
  }

  caughtUp(): Promise<void> {
    return this.#place.caughtUp();
  }

  close(): Promise<void> {
    return this.#place.close();
  }

  async #change<T>(work: () => Promise<T>): Promise<T> {
    while (this.#opened !== undefined) await this.#opened;
    if (this.#isOver) throw stopping();
    const changing = work();
    this.#changing.add(changing);
    try {
      return await changing;
    } finally {
      this.#changing.delete(changing);
    }
  }
}

function stopping(): KeyManagerError {
  return new KeyManagerError('internal', 'Holdfast stops, and waits no longer');
}

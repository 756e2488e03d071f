import { KeyManagerError } from '../../backend.js';
import type { KeyPlace } from './place.js';
import type { WrappingKeyPlace } from './wrapping-key-document.js';

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
  #refusal: KeyManagerError | undefined;
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
    if (this.#opened !== undefined) this.refuse(stopping());
  }

  /** Refuses every change from now on, for good. */
  refuse(refusal: KeyManagerError): void {
    this.#refusal = refusal;
    this.#end();
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

  /** Changes documents or counts when the gate is open. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    while (this.#opened !== undefined) await this.#opened;
    if (this.#refusal !== undefined) throw this.#refusal;
    const changing = work();
    this.#changing.add(changing);
    try {
      return await changing;
    } finally {
      this.#changing.delete(changing);
    }
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
    return this.change(() => this.#place.beginCount(...call));
  }

  nextBlock(...call: Parameters<KeyPlace['nextBlock']>): ReturnType<KeyPlace['nextBlock']> {
    return this.change(() => this.#place.nextBlock(...call));
  }

  writeDocument(
    ...call: Parameters<KeyPlace['writeDocument']>
  ): ReturnType<KeyPlace['writeDocument']> {
    return this.change(() => this.#place.writeDocument(...call));
  }

  reservedOf(...call: Parameters<KeyPlace['reservedOf']>): Promise<number> {
    return this.#place.reservedOf(...call);
  }

  storedDocument(externalKeyId: string): ReturnType<KeyPlace['storedDocument']> {
    return this.#place.storedDocument(externalKeyId);
  }

  removeDocument(...call: Parameters<KeyPlace['removeDocument']>): Promise<void> {
    return this.change(() => this.#place.removeDocument(...call));
  }

  isRemoved(externalKeyId: string): boolean {
    return this.#place.isRemoved(externalKeyId);
  }

  assertErased(...call: Parameters<KeyPlace['assertErased']>): Promise<void> {
    return this.change(() => this.#place.assertErased(...call));
  }

  get wrappingKeys(): WrappingKeyPlace {
    const { wrappingKeys } = this.#place;
    return {
      put: (document) => this.change(() => wrappingKeys.put(document)),
      get: (wrappingKeyId) => wrappingKeys.get(wrappingKeyId),
      list: () => wrappingKeys.list(),
      remove: (wrappingKeyId) => this.change(() => wrappingKeys.remove(wrappingKeyId)),
    };
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

  destroyedKeys(): ReturnType<KeyPlace['destroyedKeys']> {
    return this.#place.destroyedKeys();
  }

  isSettled(revision: number): boolean {
    return this.#place.isSettled(revision);
  }

  whenSettled(revision: number): Promise<void> {
    const ended = this.#ended.then(() => {
      throw this.#refusal ?? stopping();
    });
    return Promise.race([this.#place.whenSettled(revision), ended]);
  }

  caughtUp(): Promise<void> {
    return this.#place.caughtUp();
  }

  refresh(): Promise<void> {
    return this.#place.refresh();
  }

  close(): Promise<void> {
    return this.#place.close();
  }
}

function stopping(): KeyManagerError {
  return new KeyManagerError('internal', 'Holdfast stops, and waits no longer');
}

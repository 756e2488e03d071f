import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../shared/reason-of.js';
import type { DamagedDocument, StateStore, StoredUses, UsesChange } from '../store.js';
import type { Uses, UsesDefinition } from '../uses.js';
import { readDocument } from './document-format.js';

/** Uses that are written in one change: many would keep requests waiting. */
const WRITTEN_AT_ONCE = 4;

/** Asks the store, as {@link Follower.change} does. */
type Ask = <T>(work: (store: StateStore) => Promise<T>) => Promise<T>;

interface Known<Value> {
  readonly value: Value;
  /** The name of the contents that were read last or written; undefined where nothing was there. */
  readonly token: string | undefined;
  /** False where the value says more than those contents. */
  readonly isTold: boolean;
}

/** One kind of uses, as this replica knows them. */
export class UsesCopy<Value> implements Uses<Value> {
  readonly #definition: UsesDefinition<Value>;
  readonly #ask: Ask;
  readonly #known = new Map<string, Known<Value>>();
  #damaged: ReadonlyMap<string, string> = new Map();
  #failure: string | undefined = 'not been read yet';

  constructor(definition: UsesDefinition<Value>, ask: Ask) {
    this.#definition = definition;
    this.#ask = ask;
  }

  get isTold(): boolean {
    return [...this.#known.values()].every(({ isTold }) => isTold);
  }

  get problems(): readonly string[] {
    const { name } = this.#definition;
    if (this.#failure === undefined) return this.damage;
    return [`what other replicas have told of ${name} has ${this.#failure}`, ...this.damage];
  }

  /** The uses that are stored and cannot be trusted, one sentence each. */
  get damage(): readonly string[] {
    return [...this.#damaged.values()];
  }

  get(id: string): Value | undefined {
    return this.#known.get(id)?.value;
  }

  add(id: string, added: Value): void {
    const known = this.#known.get(id);
    const value = known === undefined ? added : this.#definition.join(known.value, added);
    if (known !== undefined && isDeepStrictEqual(value, known.value)) return;
    this.#known.set(id, { value, token: known?.token, isTold: false });
  }

  async tell(): Promise<void> {
    try {
      await this.#read();
      await this.#write();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = `not been read or told: ${messageOf(error)}`;
      throw error;
    }
  }

  /** One after the other, with room for requests between them: there can be thousands of keys. */
  async #read(): Promise<void> {
    const listed = await this.#ask((store) => store.listUses(this.#definition.name));
    const damaged = new Map(listed.damaged.map((each) => [each.id, this.#damageOf(each)]));
    for (const stored of listed.uses) {
      await setImmediate();
      const problem = this.#take(stored);
      if (problem !== undefined) damaged.set(stored.id, this.#damageOf({ ...stored, problem }));
    }
    const there = new Set(listed.uses.map(({ id }) => id));
    for (const [id, known] of this.#known) {
      // A store that has gone back, or was restored.
      if (!there.has(id)) this.#known.set(id, { ...known, token: undefined, isTold: false });
    }
    this.#damaged = damaged;
  }

  /** @returns what is wrong with it; undefined where it is taken over */
  #take(stored: StoredUses): string | undefined {
    const { id, token } = stored;
    const known = this.#known.get(id);
    if (known?.token === token) return undefined;
    const newest = this.#definition.format;
    const read = readDocument({ name: this.#definition.name, newest }, { ...stored, revision: 0 });
    if (read.kind !== 'value') return 'problem' in read ? read.problem : `${id} is removed`;
    const value = known === undefined ? read.value : this.#definition.join(read.value, known.value);
    this.#known.set(id, { value, token, isTold: isDeepStrictEqual(value, read.value) });
    return undefined;
  }

  async #write(): Promise<void> {
    const untold = [...this.#known].filter(([id, { isTold }]) => !isTold && !this.#damaged.has(id));
    for (let first = 0; first < untold.length; first += WRITTEN_AT_ONCE) {
      await this.#writeSome(untold.slice(first, first + WRITTEN_AT_ONCE));
    }
  }

  async #writeSome(untold: readonly (readonly [string, Known<Value>])[]): Promise<void> {
    const changes = untold.map(([id, known]) => this.#changeOf(id, known));
    const written = await this.#ask((store) => store.putUses(changes));
    const values = new Map(untold);
    for (const { id, token } of written) {
      const now = this.#known.get(id);
      if (now === undefined) continue;
      this.#known.set(id, { value: now.value, token, isTold: now.value === values.get(id)?.value });
    }
  }

  #changeOf(id: string, { value, token }: Known<Value>): UsesChange {
    const { name, format } = this.#definition;
    const contents = JSON.stringify(value);
    return { collection: name, id, format: format.number, contents, replaces: token };
  }

  #damageOf({ problem }: Pick<DamagedDocument, 'problem'>): string {
    return `${this.#definition.name}: ${problem}; it is left as it is`;
  }
}

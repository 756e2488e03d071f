import type { StateDocument } from '../../state/collection.js';
import { type Block, blockIdOf } from './block.js';
import type { BlockTable } from './block-table.js';
import { compilePrincipalPattern } from './principal-pattern.js';

const EPOCH = '1970-01-01T00:00:00.000Z';
const UNREADABLE = 'its record in the state store cannot be read';

interface PrincipalBlock {
  readonly block: Block;
  readonly fits: (principal: string) => boolean;
}

/**
 * The blocks that are in force, looked up by what is blocked. One whose document is gone or
 * unreadable stays in force: nothing is let in again by absence.
 */
export class BlocksInForce implements BlockTable {
  /** By the ids of their documents. */
  readonly #stored = new Map<string, Block>();
  /** Those that the store may not have. */
  readonly #held = new Map<string, Block>();
  readonly #principals = new Map<string, PrincipalBlock>();
  readonly #unknown = new Set<string>();

  /** The ids of unreadable documents that were never read: whom they block is not known. */
  get unknown(): ReadonlySet<string> {
    return this.#unknown;
  }

  /** The blocks that the state store may not have, by the ids of their documents. */
  get held(): ReadonlyMap<string, Block> {
    return this.#held;
  }

  /** Every block that is in force, by the ids of their documents. */
  get all(): ReadonlyMap<string, Block> {
    return new Map([...this.#stored, ...this.#held]);
  }

  get isEmpty(): boolean {
    return this.#stored.size === 0 && this.#held.size === 0;
  }

  ofKey(keyManager: string, externalKeyId: string): Block | undefined {
    return this.#of(blockIdOf({ kind: 'key', keyManager, externalKeyId }));
  }

  ofKeyStore(keyStore: string): Block | undefined {
    return this.#of(blockIdOf({ kind: 'key-store', keyStore }));
  }

  ofPrincipal(principal: string): Block | undefined {
    for (const { block, fits } of this.#principals.values()) if (fits(principal)) return block;
    return undefined;
  }

  /** Takes over the newest state of a document. */
  take(document: StateDocument<Block>): void {
    const { id } = document;
    this.#unknown.delete(id);
    if (document.kind === 'value') {
      if (document.value.blocked) this.#stored.set(id, document.value);
      else this.#stored.delete(id);
    } else if (document.kind !== 'removed') {
      const unreadable = this.#stored.get(id) ?? unreadableBlock(id);
      if (unreadable !== undefined) this.#stored.set(id, unreadable);
      else if (!this.#held.has(id)) this.#unknown.add(id);
    }
    this.#lookUpPrincipals(id);
  }

  /** Puts a block in force that the store may not have. */
  hold(block: Block): void {
    const id = blockIdOf(block.subject);
    this.#held.set(id, block);
    this.#unknown.delete(id);
    this.#lookUpPrincipals(id);
  }

  /** The store's word about it counts again. */
  release(block: Block): void {
    const id = blockIdOf(block.subject);
    this.#held.delete(id);
    this.#lookUpPrincipals(id);
  }

  #of(id: string): Block | undefined {
    return this.#held.get(id) ?? this.#stored.get(id);
  }

  #lookUpPrincipals(id: string): void {
    const block = this.#of(id);
    if (block?.subject.kind !== 'principal') this.#principals.delete(id);
    else {
      const fits = compilePrincipalPattern(block.subject.pattern);
      this.#principals.set(id, { block, fits });
    }
  }
}

/** The block that a document is about, by its id alone: a principal's cannot be known from it. */
function unreadableBlock(id: string): Block | undefined {
  const [kind, name = '', externalKeyId = ''] = id.split('/');
  const change = { blocked: true, reason: UNREADABLE, by: 'nobody knows', at: EPOCH };
  if (kind === 'key-store') return { subject: { kind, keyStore: name }, ...change };
  if (kind === 'key') return { subject: { kind, keyManager: name, externalKeyId }, ...change };
  return undefined;
}

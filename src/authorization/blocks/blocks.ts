import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { StateError } from '../../state/errors.js';
import type { Confirmation, Confirmations } from '../../state/confirmations.js';
import type { Collection, State } from '../../state/state.js';
import type { StateDocument } from '../../state/collection.js';
import { type Block, blockCollection, blockIdOf } from './block.js';
import type { BlockTable } from './block-table.js';
import { BlocksInForce } from './blocks-in-force.js';
import type { KeptBlocks } from './kept-blocks.js';
import { messageOf } from '../../shared/reason-of.js';

/** The part of the state that blocks are in. */
export type BlocksState = Pick<State, 'collection' | 'refresh'>;

/** The parts that blocks work with. */
export interface BlocksPorts {
  readonly state: BlocksState;
  readonly clock: Clock;
  readonly log: OperatorLog;
  readonly confirmations: Pick<Confirmations, 'of' | 'ofThisReplica'>;
  /** Absent without a key that seals: then they are in memory alone while the store is away. */
  readonly kept: KeptBlocks | undefined;
}

/** The outcome of a change of a block. It is in force on this replica in any case. */
export interface BlockOutcome extends Confirmation {
  readonly block: Block;
  /**
   * `store`: in the state store, for every replica. `replica`: on this replica's disk, until the
   * store can be told. `memory`: until this process ends, or the store can be told.
   */
  readonly kept: 'store' | 'replica' | 'memory';
  /** The reason why the store does not have it; absent where it has. */
  readonly problem?: string;
}

const UNKNOWN_PRINCIPALS =
  'a block of principals cannot be read, and nobody knows whom it blocks: it is not in force. ' +
  'Block them anew, on each replica; the audit log says whom';

/** The time for which a change that somebody else was faster with asks for theirs. */
const REFRESH_MS = 1_000;
const ATTEMPTS = 5;
/** The time after which the store is asked again to take what it does not have. */
const RETRY_MS = 1_000;

/**
 * The blocks of keys, key stores and principals. Requests ask in memory. A block is in force on
 * this replica as soon as it is asked for, whether or not the state store can be told.
 */
export class Blocks {
  readonly #ports: BlocksPorts;
  readonly #collection: Collection<Block>;
  readonly #inForce = new BlocksInForce();
  #merging: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** True while the disk of this replica has blocks that are not held any more. */
  #isDiskBehind = false;
  #isClosed = false;

  private constructor(ports: BlocksPorts, own: readonly Block[]) {
    this.#ports = ports;
    this.#collection = ports.state.collection(blockCollection);
    for (const document of this.#collection.list()) this.#take(document);
    for (const block of own) this.#inForce.hold(block);
    this.#collection.watch((document) => {
      this.#take(document);
    });
  }

  #take(document: StateDocument<Block>): void {
    this.#inForce.take(document);
    if (!this.#inForce.unknown.has(document.id)) return;
    this.#ports.log.error({ document: document.id }, UNKNOWN_PRINCIPALS);
  }

  /**
   * Opens the blocks, those on this replica's disk among them.
   *
   * @throws KeptBlocksError
   */
  static async open(ports: BlocksPorts): Promise<Blocks> {
    const blocks = new Blocks(ports, (await ports.kept?.read()) ?? []);
    await blocks.merge();
    return blocks;
  }

  /** The blocks as requests ask for them. */
  get table(): BlockTable {
    return this.#inForce;
  }

  /** Every block, those that were lifted too, in the order of their ids. */
  list(): readonly Block[] {
    const known = new Map<string, Block>();
    for (const each of this.#collection.list()) {
      if (each.kind === 'value') known.set(each.id, each.value);
    }
    // One whose document is gone or unreadable, too: what is in force can be seen, and lifted.
    for (const [id, block] of this.#inForce.all) known.set(id, block);
    return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block);
  }

  /** The number of blocks that the state store does not have yet. */
  get waiting(): number {
    return this.#inForce.held.size;
  }

  /**
   * The ids of documents about principals that cannot be read, so that nobody knows whom they
   * block: these are not in force.
   */
  get unknown(): readonly string[] {
    return [...this.#inForce.unknown];
  }

  /**
   * Blocks something, or lifts a block.
   *
   * @throws StateError where a block cannot be lifted because the store cannot be told
   */
  async change(block: Block): Promise<BlockOutcome> {
    if (block.blocked) this.#inForce.hold(block);
    const held = this.#heldFor(block);
    try {
      const { revision } = await this.#put(block);
      await this.#release(held);
      return { block, kept: 'store', ...(await this.#ports.confirmations.of(revision)) };
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      if (block.blocked) return this.#keepHere(block, error);
      return this.#liftHere(block, error);
    }
  }

  /** Tells the state store of the blocks that it does not have. Never rejects. */
  merge(): Promise<void> {
    clearTimeout(this.#retry);
    this.#merging ??= this.#merge().finally(() => {
      this.#merging = undefined;
      this.#mergeLater();
    });
    return this.#merging;
  }

  /** Ends, when what is under way is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#merging;
  }

  #mergeLater(): void {
    clearTimeout(this.#retry);
    const isDone = this.#inForce.held.size === 0 && !this.#isDiskBehind;
    if (isDone || this.#isClosed) return;
    this.#retry = setTimeout(() => void this.merge(), RETRY_MS).unref();
  }

  async #merge(): Promise<void> {
    if (this.#isDiskBehind) await this.#forget();
    for (const block of this.#inForce.held.values()) {
      try {
        const { replaced } = await this.#put(block, () => this.#heldFor(block) === block);
        this.#tellOverridden(block, replaced);
        await this.#release(block);
      } catch (error) {
        if (!(error instanceof StateError)) {
          this.#ports.log.error({ err: error }, 'a block cannot be kept in the state store');
        }
        return;
      }
    }
  }

  /** Whoever lifted it did not know of this block, which stays in force until it is lifted, too. */
  #tellOverridden({ subject, at, by }: Block, lifted: Block | undefined): void {
    if (lifted === undefined || lifted.blocked || lifted.at <= at) return;
    this.#ports.log.warn(
      { subject, blockedAt: at, blockedBy: by, liftedAt: lifted.at, liftedBy: lifted.by },
      'a block of this replica is in force again, which was lifted elsewhere meanwhile; lift it anew if it is not needed',
    );
  }

  /**
   * The store has a later word than what was held: there is no further need of this replica's
   * memory, unless something else is held by now, which the store has not.
   *
   * @returns the reason why the disk still has it; undefined where it has not
   */
  async #release(held: Block | undefined): Promise<string | undefined> {
    if (held === undefined || this.#heldFor(held) !== held) return undefined;
    this.#inForce.release(held);
    const problem = await this.#forget();
    this.#mergeLater();
    return problem;
  }

  /** Takes from the disk what is held no more. @returns the reason why it could not */
  async #forget(): Promise<string | undefined> {
    const wasBehind = this.#isDiskBehind;
    try {
      await this.#writeKept();
      this.#isDiskBehind = false;
      return undefined;
    } catch (error) {
      this.#isDiskBehind = true;
      if (!wasBehind) {
        const text = 'a block that is over is still on the disk: a restart would bring it back';
        this.#ports.log.error({ err: error }, text);
      }
      return messageOf(error);
    }
  }

  #heldFor({ subject }: Block): Block | undefined {
    return this.#inForce.held.get(blockIdOf(subject));
  }

  /**
   * @param isWanted asked before it takes the place of what somebody else was faster with
   * @returns the block that was there before, where its document could be read
   */
  async #put(
    block: Block,
    isWanted = () => true,
  ): Promise<{ revision: number; replaced: Block | undefined }> {
    const { state, clock } = this.#ports;
    const id = blockIdOf(block.subject);
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#collection.get(id);
      const replaced = before?.kind === 'value' ? before.value : undefined;
      try {
        const { revision } = await this.#collection.put(id, block, before?.revision ?? 0);
        return { revision, replaced };
      } catch (error) {
        const isBehind = error instanceof StateError && error.code === 'conflict';
        if (!isBehind || attempt === ATTEMPTS) throw error;
        await state.refresh(Deadline.after(clock, REFRESH_MS));
        if (!isWanted()) throw error;
      }
    }
  }

  async #keepHere(block: Block, error: StateError): Promise<BlockOutcome> {
    const { log, kept, confirmations } = this.#ports;
    this.#mergeLater();
    log.error({ err: error }, 'a block is in force on this replica, and the store has it not');
    const outcome = { block, ...confirmations.ofThisReplica };
    if (kept === undefined) return { ...outcome, kept: 'memory', problem: error.message };
    try {
      await this.#writeKept();
      return { ...outcome, kept: 'replica', problem: error.message };
    } catch (failure) {
      log.error({ err: failure }, 'blocks cannot be written to disk');
      const reason = messageOf(failure);
      return { ...outcome, kept: 'memory', problem: `${error.message}; ${reason}` };
    }
  }

  /** A block that the store has not can be lifted without it. */
  async #liftHere(block: Block, error: StateError): Promise<BlockOutcome> {
    // It may be telling the store of this very block.
    await this.#merging;
    const id = blockIdOf(block.subject);
    const document = this.#collection.get(id);
    const isFreeInStore =
      document === undefined || (document.kind === 'value' && !document.value.blocked);
    const held = this.#heldFor(block);
    if (!isFreeInStore || held === undefined) throw error;
    const problem = await this.#release(held);
    const { ofThisReplica } = this.#ports.confirmations;
    if (problem === undefined) return { block, kept: 'replica', ...ofThisReplica };
    return { block, kept: 'memory', problem, ...ofThisReplica };
  }

  /** One after the other: a write that ends late would bring back what was held before. */
  #writeKept(): Promise<void> {
    const written = this.#writing.then(() =>
      this.#ports.kept?.write([...this.#inForce.held.values()]),
    );
    this.#writing = written.catch(() => undefined);
    return written;
  }
}

import { z } from 'zod';
import type { Tell } from '../../notifications/events.js';
import type { Clock } from '../../shared/clock.js';
import type { CollectionDefinition } from '../../state/collection.js';
import type { Confirmation, Confirmations } from '../../state/confirmations.js';
import type { Collection, State } from '../../state/state.js';
import { MAX_REASON_CHARACTERS } from '../blocks/block.js';

/** The longest time for which policies can be overruled at once. */
export const MAX_OPEN_HOURS = 24;

/** Past by every replica's clock: one that is behind must not overrule policies for longer. */
const CLOSED = '1970-01-01T00:00:00.000Z';

const openingSchema = z.strictObject({
  keyStore: z.string().min(1).max(64),
  /** Why, in the words of whoever opened it. */
  reason: z.string().min(1).max(MAX_REASON_CHARACTERS),
  by: z.string().min(1),
  at: z.iso.datetime(),
  /** From then on the policies are in force again. */
  until: z.iso.datetime(),
});

/** The time for which the policies of a key store are overruled, and on whose word. */
export type Opening = z.infer<typeof openingSchema>;

/** The key stores whose policies are overruled. */
const breakGlassOpenings: CollectionDefinition<Opening> = {
  name: 'break-glass',
  newest: { number: 1, schema: openingSchema },
};

/** The end of an opening, or that there was none. */
export interface Closing extends Confirmation {
  readonly wasOpen: boolean;
}

/** The parts that openings work with. */
export interface BreakGlassPorts {
  readonly state: Pick<State, 'collection'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly events: Tell;
  readonly confirmations: Pick<Confirmations, 'of'>;
}

/**
 * The key stores whose policies are overruled for a while, on every replica. What policies deny is
 * allowed meanwhile; blocks, IAM and the list of exposed keys deny as before.
 */
export class BreakGlassOpenings {
  readonly #ports: BreakGlassPorts;
  readonly #collection: Collection<Opening>;
  /** The ends of those that are open, in ms since 1970. */
  readonly #until = new Map<string, number>();

  constructor(ports: BreakGlassPorts) {
    this.#ports = ports;
    this.#collection = ports.state.collection(breakGlassOpenings);
    for (const document of this.#collection.list()) {
      if (document.kind === 'value') this.#take(document.value);
    }
    this.#collection.watch((document) => {
      if (document.kind === 'value') this.#take(document.value);
      // What cannot be read overrules nothing.
      else this.#until.delete(document.id);
    });
  }

  isOpen(keyStore: string, now: number): boolean {
    const until = this.#until.get(keyStore);
    return until !== undefined && now < until;
  }

  /** Those that are open now, in the order of key stores. */
  list(): readonly Opening[] {
    const now = this.#ports.clock.now();
    return this.#collection.list().flatMap((document) => {
      const isListed = document.kind === 'value' && this.isOpen(document.value.keyStore, now);
      return isListed ? [document.value] : [];
    });
  }

  /**
   * Overrules the policies of a key store, or does so for another time.
   *
   * @throws StateError
   */
  async open(
    opening: Omit<Opening, 'at' | 'until'>,
    forMs: number,
  ): Promise<Opening & Confirmation> {
    const { clock, events, confirmations } = this.#ports;
    const now = clock.now();
    const at = new Date(now).toISOString();
    const until = new Date(now + forMs).toISOString();
    const value = { ...opening, at, until };
    const id = opening.keyStore;
    const replaces = this.#collection.get(id)?.revision ?? 0;
    const { revision } = await this.#collection.put(id, value, replaces);
    const { keyStore, reason, by } = opening;
    events.tell({ event: 'break-glass-opened', keyStore, reason, by, expiresAt: until });
    return { ...value, ...(await confirmations.of(revision)) };
  }

  /**
   * Puts the policies of a key store in force again.
   *
   * @returns whether they were not, and the replicas on which they are
   * @throws StateError
   */
  async close(keyStore: string, by: string): Promise<Closing> {
    const { clock, events, confirmations } = this.#ports;
    const now = clock.now();
    const document = this.#collection.get(keyStore);
    if (document?.kind !== 'value' || !this.isOpen(keyStore, now)) {
      return { wasOpen: false, ...(await confirmations.of(document?.revision ?? 0)) };
    }
    const value = { ...document.value, until: CLOSED };
    const { revision } = await this.#collection.put(keyStore, value, document.revision);
    events.tell({ event: 'break-glass-closed', keyStore, by });
    return { wasOpen: true, ...(await confirmations.of(revision)) };
  }

  #take({ keyStore, until }: Opening): void {
    this.#until.set(keyStore, Date.parse(until));
  }
}

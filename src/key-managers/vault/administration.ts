import { Deadline } from '../../shared/deadline.js';
import type { Clock } from '../../shared/clock.js';
import {
  HEALTH_TEST_KEY_ID,
  type KeyMakingAdministration,
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
} from '../backend.js';
import type { KeyNames } from './key-names.js';
import type { Transit } from './transit.js';
import { createdAt, descriptionOf, type TransitKey, unfitness } from './transit-key.js';

/** Time for one administrative operation. */
const BUDGET_MS = 10_000;
const READS_AT_ONCE = 8;

/** Ports that the composition hands to the administration. */
export interface AdministrationPorts {
  /** The Transit engine of each node, in configured order. */
  readonly transits: readonly Transit[];
  readonly names: KeyNames;
  readonly clock: Clock;
  readonly metadataMaxAgeMs: number;
}

/** Lists and creates keys, as far as the policy of Holdfast's token allows. */
export class VaultAdministration implements KeyMakingAdministration {
  /** The servers choose the IVs. */
  readonly countsEncryptions = false;
  readonly #ports: AdministrationPorts;

  constructor(ports: AdministrationPorts) {
    this.#ports = ports;
  }

  listKeys(): Promise<readonly KeySummary[]> {
    return this.#onAnyNode(async (transit, deadline) => {
      const externalKeyIds = await this.#externalKeyIds(transit, deadline);
      const summaries: KeySummary[] = [];
      for (let next = 0; next < externalKeyIds.length; next += READS_AT_ONCE) {
        const group = externalKeyIds.slice(next, next + READS_AT_ONCE);
        const found = await Promise.all(group.map((id) => this.#summary(transit, id, deadline)));
        summaries.push(...found.filter((summary) => summary !== undefined));
      }
      return summaries;
    });
  }

  async createKey(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    this.#assertUsage(externalKeyId, usage);
    const transitKey = this.#ports.names.transitKeyOf(externalKeyId);
    if (transitKey === undefined) {
      throw new KeyManagerError(
        'unsupported',
        `the name of ${externalKeyId} is not possible in Transit: it has to begin and end with a ` +
          'letter, a digit or an underscore, and must be free. Set `transitKey` in `keys`.',
      );
    }
    return this.#onAnyNode(async (transit, deadline) => {
      await this.#assertFree(transit, externalKeyId, deadline);
      await transit.createKey(transitKey, deadline);
      const summary = await this.#summary(transit, externalKeyId, deadline);
      if (summary !== undefined) return summary;
      throw new KeyManagerError('internal', `${transitKey} was created and is not found`);
    });
  }

  /** Transit's keys have no usage: a usage other than both is in the configuration. */
  #assertUsage(externalKeyId: string, usage: ReadonlySet<KeyUsage>): void {
    const configured = this.#ports.names.usageOf(externalKeyId);
    if (configured.size === usage.size && [...usage].every((it) => configured.has(it))) return;
    throw new KeyManagerError(
      'unsupported',
      `Transit keys have no usage. The configuration gives ${externalKeyId} the usage ` +
        `${[...configured].join(' and ') || 'none'}; change it in \`keys\`.`,
    );
  }

  /** Refuses an id that is taken; Transit would not. */
  async #assertFree(transit: Transit, externalKeyId: string, deadline: Deadline): Promise<void> {
    const lowercased = externalKeyId.toLowerCase();
    const taken = (await this.#externalKeyIds(transit, deadline)).find(
      (id) => id.toLowerCase() === lowercased,
    );
    if (taken === undefined) return;
    throw new KeyManagerError('conflict', `${externalKeyId} is taken by the key ${taken}`);
  }

  async #externalKeyIds(transit: Transit, deadline: Deadline): Promise<readonly string[]> {
    return (await transit.listKeys(deadline))
      .flatMap((transitKey) => this.#ports.names.externalKeyIdOf(transitKey) ?? [])
      .filter((id) => id !== HEALTH_TEST_KEY_ID)
      .sort();
  }

  /** @returns undefined for a key that has been deleted meanwhile */
  async #summary(
    transit: Transit,
    externalKeyId: string,
    deadline: Deadline,
  ): Promise<KeySummary | undefined> {
    const { names, clock, metadataMaxAgeMs: settlingMs } = this.#ports;
    const transitKey = names.transitKeyOf(externalKeyId);
    const key = transitKey === undefined ? undefined : await transit.readKey(transitKey, deadline);
    if (key === undefined) return undefined;
    const usage = names.usageOf(externalKeyId);
    const as = { externalKeyId, usage, now: clock.now(), settlingMs };
    const problem = problemOf(key);
    const made = createdAt(key);
    return {
      description: { ...descriptionOf(key, as), enabled: problem === undefined },
      ...(made === undefined ? {} : { createdAt: made }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** Runs `work` on the first node that can be reached. */
  async #onAnyNode<T>(work: (transit: Transit, deadline: Deadline) => Promise<T>): Promise<T> {
    let last: unknown = new KeyManagerError('unreachable', 'there is no node');
    for (const transit of this.#ports.transits) {
      try {
        return await work(transit, Deadline.after(this.#ports.clock, BUDGET_MS));
      } catch (error) {
        if (!(error instanceof KeyManagerError) || !isOfTheNode(error)) throw error;
        last = error;
      }
    }
    throw last;
  }
}

function problemOf(key: TransitKey): string | undefined {
  return unfitness(key) ?? (key.soft_deleted ? 'it is soft-deleted' : undefined);
}

function isOfTheNode({ code }: KeyManagerError): boolean {
  return code === 'unreachable' || code === 'deadline' || code === 'overloaded';
}

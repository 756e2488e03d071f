import type { FieldsOf } from '../audit/record/index.js';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { KeyState } from '../external-keys/states.js';
import type { KeySummary } from '../key-managers/backend.js';
import { type AdministeredKeyManager, actsOf, type InForce } from './in-force.js';
import { stateOf } from './operations/to-key.js';
import { DAY_MS } from '../shared/durations.js';
import type { OperatorLog } from '../shared/operator-log.js';
import { inParts } from '../audit/trail/record-parts.js';
import { messageOf } from '../shared/reason-of.js';

/** The states of keys as the inventory spells them. */
const INVENTORIED_STATE = {
  Creating: 'CREATING',
  PendingImport: 'PENDING_IMPORT',
  Enabled: 'ENABLED',
  Disabled: 'DISABLED',
  PendingDeletion: 'PENDING_DELETION',
  Destroyed: 'DESTROYED',
  Unavailable: 'UNAVAILABLE',
} as const satisfies Record<KeyState, FieldsOf<'key-inventory'>['keys'][number]['state']>;

const INVENTORY_EVERY_MS = DAY_MS;

/** The part of what is in force that an inventory lists. */
type Inventoried = Pick<InForce, 'keyStores' | 'keyManagers' | 'acts'>;

/**
 * Records which keys there are, now, once a day and when that was changed, so that the log alone
 * can tell it later.
 */
export class KeyInventory {
  readonly #trail: Pick<AuditTrail, 'record'>;
  readonly #served: () => Inventoried;
  readonly #logger: Pick<OperatorLog, 'error'>;
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void>;

  /** @param served asked anew for each inventory */
  constructor(
    trail: Pick<AuditTrail, 'record'>,
    served: () => Inventoried,
    logger: Pick<OperatorLog, 'error'>,
  ) {
    this.#trail = trail;
    this.#served = served;
    this.#logger = logger;
    this.#work = this.#take();
    this.#timer = setInterval(() => {
      this.takeAgain();
    }, INVENTORY_EVERY_MS).unref();
  }

  /** Takes one now: keys have been made or changed. */
  takeAgain(): void {
    this.#work = this.#work.then(() => this.#take());
  }

  /** Finishes the one that was begun. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  async #take(): Promise<void> {
    const served = this.#served();
    for (const keyManager of served.keyManagers.values()) {
      try {
        for (const fields of await inventoryOf(served, keyManager)) {
          await this.#trail.record('key-inventory', fields);
        }
      } catch (error) {
        this.#logger.error({ err: error }, 'the inventory of keys could not be recorded');
      }
    }
  }
}

async function inventoryOf(
  served: Inventoried,
  { name, administration }: AdministeredKeyManager,
): Promise<readonly FieldsOf<'key-inventory'>[]> {
  try {
    const summaries = await administration.listKeys?.();
    if (summaries === undefined) return [without(name, 'the key manager cannot list its keys')];
    const keys = summaries.map((summary) => toInventoried(served, name, summary));
    const parts = inParts(keys);
    const problem = administration.listingGap?.();
    return parts.map((part, index) => ({
      keyManager: name,
      part: index + 1,
      parts: parts.length,
      keys: part,
      ...(problem !== undefined && { problem }),
    }));
  } catch (error) {
    return [without(name, messageOf(error))];
  }
}

function toInventoried(
  { acts, keyStores }: Inventoried,
  keyManager: string,
  { description, createdAt, encryptionsLeft, problem }: KeySummary,
): FieldsOf<'key-inventory'>['keys'][number] {
  const { externalKeyId, usage, current, versions } = description;
  const { records } = actsOf({ acts }, keyManager).ports;
  return {
    externalKeyId,
    keyStores: keyStores.keyStores
      .filter((keyStore) => keyStore.keyManager === keyManager && keyStore.exposes(externalKeyId))
      .map(({ name }) => name),
    algorithm: 'AES_256',
    state: INVENTORIED_STATE[stateOf(records, description)],
    usage: (['ENCRYPT', 'DECRYPT'] as const).filter((each) => usage.has(each)),
    createdAt: createdAt?.toISOString(),
    currentVersion: current?.version,
    versions: [...versions.values()].map(({ version, materialName }) => ({
      version,
      materialName: materialName.toString('hex'),
    })),
    encryptionsLeft,
    problem,
  };
}

function without(keyManager: string, problem: string): FieldsOf<'key-inventory'> {
  return { keyManager, part: 1, parts: 1, keys: [], problem };
}

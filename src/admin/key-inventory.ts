import type { FieldsOf } from '../audit/record/index.js';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { KeySummary } from '../key-managers/backend.js';
import type { AdministeredKeyManager, ServedKeys } from './in-force.js';
import type { OperatorLog } from '../shared/operator-log.js';
import { inParts } from '../audit/trail/record-parts.js';

const INVENTORY_EVERY_MS = 86_400_000;

/**
 * Records which keys there are, now, once a day and when that was changed, so that the log alone
 * can tell it later.
 */
export class KeyInventory {
  readonly #trail: Pick<AuditTrail, 'record'>;
  readonly #served: ServedKeys;
  readonly #logger: Pick<OperatorLog, 'error'>;
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void>;

  constructor(
    trail: Pick<AuditTrail, 'record'>,
    served: ServedKeys,
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
    for (const keyManager of this.#served.keyManagers.values()) {
      try {
        for (const fields of await this.#inventoryOf(keyManager)) {
          await this.#trail.record('key-inventory', fields);
        }
      } catch (error) {
        this.#logger.error({ err: error }, 'the inventory of keys could not be recorded');
      }
    }
  }

  async #inventoryOf({
    name,
    administration,
  }: AdministeredKeyManager): Promise<readonly FieldsOf<'key-inventory'>[]> {
    try {
      const summaries = await administration.listKeys?.();
      if (summaries === undefined) return [without(name, 'the key manager cannot list its keys')];
      const keys = summaries.map((summary) => this.#toInventoried(name, summary));
      const parts = inParts(keys);
      return parts.map((part, index) => ({
        keyManager: name,
        part: index + 1,
        parts: parts.length,
        keys: part,
      }));
    } catch (error) {
      return [without(name, error instanceof Error ? error.message : String(error))];
    }
  }

  #toInventoried(
    keyManager: string,
    { description, createdAt, encryptionsLeft, problem }: KeySummary,
  ): FieldsOf<'key-inventory'>['keys'][number] {
    const { externalKeyId, usage, enabled, current, versions } = description;
    return {
      externalKeyId,
      keyStores: this.#served.keyStores.keyStores
        .filter((keyStore) => keyStore.keyManager === keyManager && keyStore.exposes(externalKeyId))
        .map(({ name }) => name),
      algorithm: 'AES_256',
      state: enabled ? 'ENABLED' : 'DISABLED',
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
}

function without(keyManager: string, problem: string): FieldsOf<'key-inventory'> {
  return { keyManager, part: 1, parts: 1, keys: [], problem };
}

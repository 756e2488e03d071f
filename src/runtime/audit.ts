import type { AuditConfig } from '../audit/config.js';
import type { FieldsOf } from '../audit/log/payloads.js';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import { type AuditPorts, type OpenAuditTrail, openAuditTrail } from '../audit/trail/open-trail.js';
import type { KeySummary } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { Logger } from '../observability/logger.js';
import type { LoadedConfiguration } from './configuration-file.js';
import { VERSION } from './version.js';

const INVENTORY_EVERY_MS = 86_400_000;
/** Of keys in one record: it leaves room for the rest of it. */
const MAX_KEYS_BYTES = 60_000;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** What is served, as far as the audit log tells of it. */
export interface Served {
  readonly keyStores: KeyStoreTable;
  readonly keyManagers: ReadonlyMap<string, KeyManager>;
}

/** @throws what `openAuditTrail` throws */
export function startAudit(
  config: AuditConfig,
  ports: Omit<AuditPorts, 'version'>,
): Promise<OpenAuditTrail> {
  return openAuditTrail(config, { ...ports, version: VERSION });
}

/** What the log says of the configuration that is in force. */
export function configurationFields(
  { file, hash }: LoadedConfiguration,
  audit: AuditConfig,
  { keyStores, keyManagers }: Served,
): FieldsOf<'configuration'> {
  const { durability, onAuditFailure, retentionDays, sinks } = audit;
  return {
    file,
    sha256: hash,
    audit: {
      durability,
      onAuditFailure,
      retentionDays,
      sinks: sinks.map(({ name, type, carries }) => ({ name, type, carries: [...carries] })),
    },
    keyManagers: [...keyManagers.values()].map(({ name, type, nodes }) => ({
      name,
      type,
      nodes: [...nodes],
    })),
    keyStores: keyStores.keyStores.map(({ name, uriPath, keyManager, region, credentials }) => ({
      name,
      uriPath,
      keyManager,
      region,
      accessKeyIds: [...credentials.keys()],
    })),
  };
}

/** Records which keys there are, now, once a day and when that was changed, so that the log alone can tell it later. */
export class KeyInventory {
  readonly #trail: Pick<AuditTrail, 'record'>;
  readonly #served: Served;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void>;

  constructor(trail: Pick<AuditTrail, 'record'>, served: Served, logger: Logger) {
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
  }: KeyManager): Promise<readonly FieldsOf<'key-inventory'>[]> {
    try {
      const summaries = await administration.listKeys?.();
      if (summaries === undefined) return [without(name, 'the key manager cannot list its keys')];
      const keys = summaries.map((summary) => this.#toInventoried(name, summary));
      const parts = inRecords(keys);
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

type InventoriedKeys = FieldsOf<'key-inventory'>['keys'];

/** Divides keys so that each part has room in a record; one part where there are none. */
function inRecords(keys: InventoriedKeys): readonly InventoriedKeys[] {
  const parts: InventoriedKeys[] = [];
  let part: InventoriedKeys = [];
  let room = MAX_KEYS_BYTES;
  for (const key of keys) {
    const bytes = 1 + JSON.stringify(key).replaceAll(NOT_ASCII, '\\u0000').length;
    if (bytes > room && part.length > 0) {
      parts.push(part);
      part = [];
      room = MAX_KEYS_BYTES;
    }
    part.push(key);
    room -= bytes;
  }
  return [...parts, part];
}

function without(keyManager: string, problem: string): FieldsOf<'key-inventory'> {
  return { keyManager, part: 1, parts: 1, keys: [], problem };
}

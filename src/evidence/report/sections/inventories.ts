import type { RecordOf } from '../../../audit/record/index.js';

type InventoryRecord = RecordOf<'key-inventory'>;

/** A key as an inventory has it. */
export type InventoriedKey = InventoryRecord['keys'][number];

/** The keys of a key manager at one time. */
export interface Inventory {
  readonly keyManager: string;
  readonly replica: string;
  readonly time: string;
  readonly keys: readonly InventoriedKey[];
  readonly problem: string | undefined;
}

/** The version of a key that encrypts; `since` is absent until it has followed another one. */
export interface VersionSeen {
  readonly version: number;
  readonly since: string | undefined;
}

/** Puts inventories together out of their records, and keeps the newest one of each key manager. */
export class Inventories {
  readonly #newest = new Map<string, Inventory>();
  readonly #versions = new Map<string, VersionSeen>();
  /** Parts of the inventories of one log that are not complete yet. */
  #open = new Map<string, InventoryRecord[]>();

  /** Another log begins: what was left open stays open. */
  begin(): void {
    this.#open = new Map();
  }

  /** @returns the inventory that this record completes */
  add(record: InventoryRecord): Inventory | undefined {
    const { keyManager, part, parts } = record;
    const before = part === 1 ? [] : (this.#open.get(keyManager) ?? []);
    const together = [...before, record];
    if (together.length < parts) {
      this.#open.set(keyManager, together);
      return undefined;
    }
    this.#open.delete(keyManager);
    // Otherwise the beginning is missing, or it is no inventory of this program's.
    return together.length === parts && part === parts ? this.#complete(together) : undefined;
  }

  /** The newest inventory of each key manager. */
  newest(): readonly Inventory[] {
    return [...this.#newest.values()].sort((a, b) => (a.keyManager < b.keyManager ? -1 : 1));
  }

  /** The version of a key that encrypts; undefined where no inventory tells one. */
  versionOf(keyManager: string, externalKeyId: string): VersionSeen | undefined {
    return this.#versions.get(keyOf(keyManager, externalKeyId));
  }

  #complete(records: readonly InventoryRecord[]): Inventory | undefined {
    const [first] = records;
    if (first === undefined) return undefined;
    const { keyManager, replica, time } = first;
    const keys = records.flatMap((record) => record.keys);
    const problem = records.find((record) => record.problem !== undefined)?.problem;
    const inventory = { keyManager, replica, time, keys, problem };
    const known = this.#newest.get(keyManager);
    if (known === undefined || known.time <= time) this.#newest.set(keyManager, inventory);
    for (const key of keys) this.#seeVersion(keyManager, key, time);
    return inventory;
  }

  #seeVersion(keyManager: string, key: InventoriedKey, time: string): void {
    const { externalKeyId, currentVersion: version } = key;
    if (version === undefined) return;
    const id = keyOf(keyManager, externalKeyId);
    const known = this.#versions.get(id);
    if (known === undefined) this.#versions.set(id, { version, since: undefined });
    else if (known.version < version) this.#versions.set(id, { version, since: time });
  }
}

/** Tells keys apart: an external key id is unique in its key manager. */
export function keyOf(keyManager: string, externalKeyId: string): string {
  return `${keyManager}\n${externalKeyId}`;
}

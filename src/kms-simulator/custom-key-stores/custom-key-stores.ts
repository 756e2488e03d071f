import { KmsException } from '../exceptions.js';
import type { KeyStoreStates } from './external-cryptography.js';
import type { KeyStoreRecord, KeyStoreRecords } from './record.js';

/** The custom key stores of all accounts, in memory and in the state folder. */
export class CustomKeyStores implements KeyStoreStates {
  readonly #records: KeyStoreRecords;
  readonly #byId: Map<string, KeyStoreRecord>;

  constructor(records: KeyStoreRecords) {
    this.#records = records;
    this.#byId = new Map(records.all().map((record) => [record.id, record]));
  }

  /** Key stores of an account, oldest first; of all accounts without one. */
  list(account?: string): readonly KeyStoreRecord[] {
    return [...this.#byId.values()]
      .filter((record) => account === undefined || record.account === account)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  find(id: string): KeyStoreRecord | undefined {
    return this.#byId.get(id);
  }

  /** @throws KmsException where the account has no such key store */
  get(id: string, account: string): KeyStoreRecord {
    const record = this.#byId.get(id);
    if (record?.account === account) return record;
    throw new KmsException(
      'CustomKeyStoreNotFoundException',
      `The custom key store ${id} does not exist.`,
    );
  }

  isConnected(customKeyStoreId: string): boolean {
    return this.#byId.get(customKeyStoreId)?.connectionState === 'CONNECTED';
  }

  /** Takes effect at once, and is kept when it resolves. */
  async put(record: KeyStoreRecord): Promise<void> {
    this.#byId.set(record.id, record);
    await this.#records.put(record);
  }

  /** Changes fields of a key store that exists; one that was deleted meanwhile stays so. */
  async change(id: string, changes: Partial<KeyStoreRecord>): Promise<void> {
    const record = this.#byId.get(id);
    if (record !== undefined) await this.put({ ...record, ...changes });
  }

  async remove(id: string): Promise<void> {
    this.#byId.delete(id);
    await this.#records.remove(id);
  }
}

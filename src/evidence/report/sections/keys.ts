import type { Collector, Entry } from '../model/collector.js';
import { type Cell, columns, type Section, type Table } from '../model/document.js';
import { Inventories, type InventoriedKey } from './inventories.js';
import { KeyUses, keyOf } from './key-use.js';

const DAY_MS = 86_400_000;
/** As many keys are listed. */
const MAX_ROWS = 10_000;

const KEY = { keyManager: 'Key manager', externalKeyId: 'Key' };
const USE = {
  encryptions: 'Encryptions',
  decryptions: 'Decryptions',
  failures: 'Failures',
  lastUse: 'Last use',
};

interface Listed {
  readonly keyManager: string;
  readonly key: InventoriedKey;
}

/** What the inventory is held against. */
export interface CryptoperiodRule {
  /** A cryptoperiod that is longer is marked; undefined: none is. */
  readonly limitDays: number | undefined;
  /** Until when cryptoperiods are counted, in ms since 1970. */
  readonly untilMs: number;
}

/** The keys, from the newest inventory before the end of the period, with their use in it. */
export class KeysCollector implements Collector {
  readonly #rule: CryptoperiodRule;
  readonly #inventories = new Inventories();
  readonly #uses = new KeyUses();

  constructor(rule: CryptoperiodRule) {
    this.#rule = rule;
  }

  begin(): void {
    this.#inventories.begin();
  }

  add({ record, inPeriod, beforeEnd }: Entry): void {
    if (record.type === 'key-inventory' && beforeEnd) this.#inventories.add(record);
    if (inPeriod) this.#uses.add(record);
  }

  section(): Section {
    return {
      id: 'keys',
      title: 'Key inventory',
      about:
        'The newest inventory that the log has of each key manager before the end of the period, and the use ' +
        'of its keys in the period. A cryptoperiod begins with the creation of the key, or where the log ' +
        'shows that another version came into use since, with the inventory that first had that version: ' +
        'the version may be up to a day older than that.',
      tables: [this.#sources(), this.#keys(), this.#cryptoperiods(), this.#unknown()],
    };
  }

  #sources(): Table {
    return {
      id: 'inventories',
      title: 'Inventories',
      columns: columns({
        keyManager: 'Key manager',
        replica: 'Replica',
        time: 'Time',
        keys: 'Keys',
        problem: 'Problem',
      }),
      rows: this.#inventories
        .newest()
        .map(({ keyManager, replica, time, keys, problem }) => [
          keyManager,
          replica,
          time,
          keys.length,
          problem,
        ]),
    };
  }

  #keys(): Table {
    const { listed, note } = this.#listed();
    return {
      id: 'keys',
      title: 'Keys',
      columns: columns({
        ...KEY,
        keyStores: 'Key stores',
        algorithm: 'Algorithm',
        state: 'State',
        usage: 'Usage',
        createdAt: 'Created',
        currentVersion: 'Version',
        versions: 'Versions',
        problem: 'Problem',
      }),
      rows: listed.map(({ keyManager, key }) => [
        keyManager,
        key.externalKeyId,
        key.keyStores.join(', '),
        key.algorithm,
        key.state,
        key.usage.join(', '),
        key.createdAt,
        key.currentVersion,
        key.versions.length,
        key.problem,
      ]),
      note,
    };
  }

  #cryptoperiods(): Table {
    const { listed, note } = this.#listed();
    const { limitDays } = this.#rule;
    const limit =
      limitDays === undefined
        ? 'No limit of the cryptoperiod was given.'
        : `Cryptoperiods longer than ${limitDays} days are marked.`;
    return {
      id: 'cryptoperiods',
      title: 'Cryptoperiods and use',
      columns: columns({
        ...KEY,
        cryptoperiodFrom: 'Cryptoperiod from',
        cryptoperiodDays: 'Days',
        overLimit: 'Over limit',
        encryptionsLeft: 'Encryptions left',
        ...USE,
      }),
      rows: listed.map((entry) => this.#cryptoperiod(entry)),
      note: note === undefined ? limit : `${limit} ${note}`,
    };
  }

  #listed(): { readonly listed: readonly Listed[]; readonly note: string | undefined } {
    const all = this.#inventories
      .newest()
      .flatMap(({ keyManager, keys }) => keys.map((key) => ({ keyManager, key })));
    const left = all.length - MAX_ROWS;
    return {
      listed: all.slice(0, MAX_ROWS),
      note: left > 0 ? `${left} more keys are not listed.` : undefined,
    };
  }

  #cryptoperiod({ keyManager, key }: Listed): readonly Cell[] {
    const { externalKeyId, createdAt } = key;
    const use = this.#uses.of(keyManager, externalKeyId);
    const from = this.#inventories.versionOf(keyManager, externalKeyId)?.since ?? createdAt;
    const days = from === undefined ? undefined : this.#daysSince(from);
    return [
      keyManager,
      externalKeyId,
      from,
      days,
      this.#verdict(days),
      key.encryptionsLeft,
      use?.encryptions ?? 0,
      use?.decryptions ?? 0,
      use?.failures ?? 0,
      use?.lastUse,
    ];
  }

  #verdict(days: number | undefined): Cell {
    const { limitDays } = this.#rule;
    if (limitDays === undefined) return undefined;
    if (days === undefined) return 'not known';
    return days > limitDays ? 'yes' : 'no';
  }

  #daysSince(time: string): number | undefined {
    const begin = Date.parse(time);
    return Number.isNaN(begin) ? undefined : Math.floor((this.#rule.untilMs - begin) / DAY_MS);
  }

  #unknown(): Table {
    const known = new Set(
      this.#inventories
        .newest()
        .flatMap(({ keyManager, keys }) =>
          keys.map(({ externalKeyId }) => keyOf(keyManager, externalKeyId)),
        ),
    );
    const unknown = [...this.#uses.all()].filter(
      ({ keyManager, externalKeyId }) => !known.has(keyOf(keyManager, externalKeyId)),
    );
    const left = this.#uses.left;
    return {
      id: 'keys-without-inventory',
      title: 'Keys in use that are in no inventory',
      columns: columns({ ...KEY, ...USE }),
      rows: unknown
        .slice(0, MAX_ROWS)
        .map((use) => [
          use.keyManager,
          use.externalKeyId,
          use.encryptions,
          use.decryptions,
          use.failures,
          use.lastUse,
        ]),
      note:
        left === 0 ? undefined : `${left} operations on further keys are in neither of the tables.`,
    };
  }
}

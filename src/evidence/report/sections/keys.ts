import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import {
  type ColumnTitles,
  columns,
  type Row,
  type Section,
  type Table,
} from '../model/document.js';
import { Inventories, type InventoriedKey, keyOf } from './inventories.js';
import { type KeyUse, KeyUses } from './key-use.js';

const DAY_MS = 86_400_000;
/** As many keys are listed. */
const MAX_ROWS = 10_000;

const KEY: ColumnTitles = { keyManager: 'Key manager', externalKeyId: 'Key' };
const USE: ColumnTitles = {
  encryptions: ['Encryptions', 'count'],
  decryptions: ['Decryptions', 'count'],
  failures: ['Failures', 'count'],
  lastUse: ['Last use', 'time'],
};
const INVENTORY = columns({
  keyManager: 'Key manager',
  replica: 'Replica',
  time: ['Time', 'time'],
  keys: ['Keys', 'count'],
  problem: 'Problem',
});
const KEYS = columns({
  ...KEY,
  keyStores: 'Key stores',
  algorithm: 'Algorithm',
  state: 'State',
  usage: 'Usage',
  createdAt: ['Created', 'time'],
  currentVersion: ['Version', 'id'],
  versions: ['Versions', 'count'],
  problem: 'Problem',
});
const CRYPTOPERIODS = columns({
  ...KEY,
  cryptoperiodFrom: ['Cryptoperiod from', 'time'],
  cryptoperiodDays: ['Days', 'count'],
  overLimit: 'Over limit',
  encryptionsLeft: ['Encryptions left', 'count'],
  ...USE,
});

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

  add({ record, timeMs, inPeriod, beforeEnd }: Entry): void {
    if (record.type === 'key-inventory' && beforeEnd) this.#inventories.add(record);
    if (inPeriod && record.type === 'key-operation') this.#uses.add(record, timeMs);
  }

  findings(): readonly ReportFinding[] {
    const all = this.#all();
    const finding = (count: number, text: string, where: string): ReportFinding => ({
      level: 'check',
      count,
      finding: text,
      section: 'keys',
      where,
    });
    const over = all.filter((listed) => this.#cryptoperiod(listed)['overLimit'] === 'yes').length;
    const problems = all.filter(({ key }) => key.problem !== undefined).length;
    const limit = this.#rule.limitDays ?? 0;
    return [
      finding(over, `Keys are over the cryptoperiod of ${limit} days.`, 'Cryptoperiods and use'),
      finding(problems, 'Keys are disabled because of a problem.', 'Keys'),
      finding(
        this.#unknown().length,
        'Keys in use are in no inventory.',
        'Keys in use that are in no inventory',
      ),
    ];
  }

  section(): Section {
    const all = this.#all();
    const listed = all.slice(0, MAX_ROWS);
    const left = all.length > MAX_ROWS ? ` ${all.length - MAX_ROWS} more keys are not listed.` : '';
    const { limitDays } = this.#rule;
    const limit =
      limitDays === undefined
        ? 'No limit of the cryptoperiod was given.'
        : `Cryptoperiods longer than ${limitDays} days are marked.`;
    const table = (
      [id, title]: readonly [id: string, title: string],
      shape: Table['columns'],
      rows: readonly Row[],
      note?: string,
    ): Table => ({ id, title, columns: shape, rows, note: note === '' ? undefined : note });
    const missed = this.#uses.left;
    return {
      id: 'keys',
      title: 'Key inventory',
      about:
        'The newest inventory that the log has of each key manager before the end of the period, and the use ' +
        'of its keys in the period. A cryptoperiod begins with the creation of the key, or where the log ' +
        'shows that another version came into use since, with the inventory that first had that version: ' +
        'the version may be up to a day older than that.',
      tables: [
        table(['inventories', 'Inventories'], INVENTORY, this.#sources()),
        table(['keys', 'Keys'], KEYS, listed.map(keyRow), left.trim()),
        {
          ...table(
            ['cryptoperiods', 'Cryptoperiods and use'],
            CRYPTOPERIODS,
            listed.map((entry) => this.#cryptoperiod(entry)),
            limit + left,
          ),
          marked: { key: 'overLimit', values: ['yes'] },
        },
        table(
          ['keys-without-inventory', 'Keys in use that are in no inventory'],
          columns({ ...KEY, ...USE }),
          this.#unknown()
            .slice(0, MAX_ROWS)
            .map((use) => ({ ...use, ...useCells(use) })),
          missed === 0 ? '' : `${missed} operations on further keys are in neither of the tables.`,
        ),
      ],
    };
  }

  #sources(): readonly Row[] {
    const newest = this.#inventories.newest();
    return newest.map(({ keys, ...inventory }) => ({ ...inventory, keys: keys.length }));
  }

  #all(): readonly Listed[] {
    return this.#inventories
      .newest()
      .flatMap(({ keyManager, keys }) => keys.map((key) => ({ keyManager, key })));
  }

  #unknown(): readonly KeyUse[] {
    const known = new Set(
      this.#all().map(({ keyManager, key }) => keyOf(keyManager, key.externalKeyId)),
    );
    return this.#uses
      .all()
      .filter(({ keyManager, externalKeyId }) => !known.has(keyOf(keyManager, externalKeyId)));
  }

  #cryptoperiod({ keyManager, key }: Listed): Row {
    const { externalKeyId, createdAt, encryptionsLeft } = key;
    const from = this.#inventories.versionOf(keyManager, externalKeyId)?.since ?? createdAt;
    const days = from === undefined ? undefined : this.#daysSince(from);
    return {
      keyManager,
      externalKeyId,
      cryptoperiodFrom: from,
      cryptoperiodDays: days,
      overLimit: this.#verdict(days),
      encryptionsLeft,
      ...useCells(this.#uses.of(keyManager, externalKeyId)),
    };
  }

  #verdict(days: number | undefined): string | undefined {
    const { limitDays } = this.#rule;
    if (limitDays === undefined) return undefined;
    if (days === undefined) return 'not known';
    return days > limitDays ? 'yes' : 'no';
  }

  #daysSince(time: string): number | undefined {
    const begin = Date.parse(time);
    return Number.isNaN(begin) ? undefined : Math.floor((this.#rule.untilMs - begin) / DAY_MS);
  }
}

function keyRow({ keyManager, key }: Listed): Row {
  const { externalKeyId, algorithm, state, createdAt, currentVersion, problem } = key;
  return {
    ...{ keyManager, externalKeyId, algorithm, state, createdAt, currentVersion, problem },
    keyStores: key.keyStores.join(', '),
    usage: key.usage.join(', '),
    versions: key.versions.length,
  };
}

function useCells(use: KeyUse | undefined): Row {
  const { encryptions = 0, decryptions = 0, failures = 0, lastUseMs = 0 } = use ?? {};
  const lastUse = lastUseMs === 0 ? undefined : new Date(lastUseMs).toISOString();
  return { encryptions, decryptions, failures, lastUse };
}

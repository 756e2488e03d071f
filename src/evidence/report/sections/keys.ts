import type { Collector, Entry, CollectedFinding, SectionPlan } from '../model/collector.js';
import { isSuccess } from '../model/declared.js';
import {
  type ColumnTitles,
  shapeOf,
  type Row,
  type Table,
  type TableShape,
} from '../model/document.js';
import { Tally } from '../model/tally.js';
import { Inventories, type InventoriedKey, keyOf } from './inventories.js';
import { counted } from '../../../shared/counted.js';
import { DAY_MS } from '../../../shared/durations.js';

/** Maximum keys that are listed. */
const MAX_ROWS = 10_000;

const KEY: ColumnTitles = { keyManager: 'Key manager', externalKeyId: 'Key' };
const USE: ColumnTitles = {
  encryptions: ['Encryptions', 'count'],
  decryptions: ['Decryptions', 'count'],
  failures: ['Failures', 'count'],
  lastUse: ['Last use', 'time'],
};
const INVENTORIES = shapeOf('inventories', 'Inventories', {
  keyManager: 'Key manager',
  replica: 'Replica',
  time: ['Time', 'time'],
  keys: ['Keys', 'count'],
  problem: 'Problem',
});
const KEYS = shapeOf('keys', 'Keys', {
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
const CRYPTOPERIODS: TableShape = {
  ...shapeOf('cryptoperiods', 'Cryptoperiods and use', {
    ...KEY,
    cryptoperiodFrom: ['Cryptoperiod from', 'time'],
    cryptoperiodDays: ['Days', 'count'],
    overLimit: 'Over limit',
    encryptionsLeft: ['Encryptions left', 'count'],
    ...USE,
  }),
  marked: { key: 'overLimit', values: ['yes'] },
};
const UNKNOWN = shapeOf('keys-without-inventory', 'Keys in use that are in no inventory', {
  ...KEY,
  ...USE,
});

interface Listed {
  readonly keyManager: string;
  readonly key: InventoriedKey;
}

interface UsedKey {
  readonly keyManager: string;
  readonly externalKeyId: string;
}

/** The limit of a cryptoperiod, and the time at which it is measured. */
export interface CryptoperiodRule {
  /** A cryptoperiod that is longer is marked; undefined: none is. */
  readonly limitDays: number | undefined;
  /** Until when cryptoperiods are counted, in ms since 1970. */
  readonly untilMs: number;
}

/** Makes the section about the keys: the newest inventory in the period, and their use. */
export function keysSection(rule: CryptoperiodRule): SectionPlan {
  return {
    id: 'keys',
    title: 'Key inventory',
    about:
      'The newest inventory that the log has of each key manager before the end of the period, and the use ' +
      'of its keys in the period. A cryptoperiod begins with the creation of the key, or where the log ' +
      'shows that another version came into use since, with the inventory that first had that version: ' +
      'the version may be up to a day older than that.',
    controls: [
      '3.6.1.1 algorithms, keys, strength, usage; 3.7.4 cryptoperiods; 3.7.5 retired keys',
      'Art. 7(1) lifecycle: generating, renewing, retiring; Art. 6(2)(d)',
      'A.8.24',
      'Section 5.3 (cryptoperiods), Section 8 (phases), Section 9 (inventories)',
    ],
    collectors: [new Keys(rule)],
  };
}

class Keys implements Collector {
  readonly types = ['key-inventory', 'key-operation'] as const;
  readonly #rule: CryptoperiodRule;
  readonly #inventories = new Inventories();
  /** By key manager, key and operation. */
  readonly #uses = new Tally({ id: 'key-uses', title: '', parts: KEY, limit: 0 });

  constructor(rule: CryptoperiodRule) {
    this.#rule = rule;
  }

  begin(): void {
    this.#inventories.begin();
  }

  add({ record, timeMs, inPeriod, beforeEnd }: Entry): void {
    if (record.type === 'key-inventory' && beforeEnd) this.#inventories.add(record);
    if (record.type !== 'key-operation' || !inPeriod) return;
    const { keyManager, externalKeyId, operation = '' } = record;
    // Before the key was found the key manager is not known, and there may be no such key.
    if (keyManager === undefined || externalKeyId === undefined) return;
    this.#uses.add([keyManager, externalKeyId, operation], timeMs, isSuccess(record));
  }

  findings(): readonly CollectedFinding[] {
    const keys = this.#keys();
    const isOver = (listed: Listed) => this.#cryptoperiod(listed)['overLimit'] === 'yes';
    const finding = (count: number, text: string, where: string): CollectedFinding => ({
      ...{ level: 'check', count, finding: text, where },
    });
    return [
      finding(
        keys.filter(isOver).length,
        `Keys are over the cryptoperiod of ${counted(this.#rule.limitDays ?? 0, 'day')}.`,
        CRYPTOPERIODS.title,
      ),
      finding(
        keys.filter(({ key }) => key.problem !== undefined).length,
        'Keys are disabled because of a problem.',
        KEYS.title,
      ),
      finding(this.#unknown().length, 'Keys in use are in no inventory.', UNKNOWN.title),
    ];
  }

  tables(): readonly Table[] {
    const newest = this.#inventories.newest();
    const sources = newest.map(({ keys, ...inventory }) => ({ ...inventory, keys: keys.length }));
    const all = this.#keys();
    const listed = all.slice(0, MAX_ROWS);
    const left =
      all.length > MAX_ROWS
        ? [`${counted(all.length - MAX_ROWS, 'more key is', 'more keys are')} not listed.`]
        : [];
    const { limitDays } = this.#rule;
    const limit =
      limitDays === undefined
        ? 'No limit of the cryptoperiod was given.'
        : `Cryptoperiods longer than ${counted(limitDays, 'day')} are marked.`;
    const notAll = 'Operations on further keys are in neither of the tables.';
    return [
      { ...INVENTORIES, rows: sources },
      { ...KEYS, rows: listed.map(keyRow), note: left[0] },
      {
        ...CRYPTOPERIODS,
        rows: listed.map((entry) => this.#cryptoperiod(entry)),
        note: [limit, ...left].join(' '),
      },
      {
        ...UNKNOWN,
        rows: this.#unknown()
          .slice(0, MAX_ROWS)
          .map((key) => ({ ...key, ...this.#use(key.keyManager, key.externalKeyId) })),
        note: this.#uses.overflowed ? notAll : undefined,
      },
    ];
  }

  #keys(): readonly Listed[] {
    return this.#inventories
      .newest()
      .flatMap(({ keyManager, keys }) => keys.map((key) => ({ keyManager, key })));
  }

  /** Keys that were used and are in no inventory. */
  #unknown(): readonly UsedKey[] {
    const known = new Set(
      this.#keys().map(({ keyManager, key }) => keyOf(keyManager, key.externalKeyId)),
    );
    const unknown = new Map<string, UsedKey>();
    for (const { value } of this.#uses.values()) {
      const [keyManager = '', externalKeyId = ''] = value;
      const key = keyOf(keyManager, externalKeyId);
      if (!known.has(key)) unknown.set(key, { keyManager, externalKeyId });
    }
    return [...unknown.values()];
  }

  #use(keyManager: string, externalKeyId: string): Row {
    const uses = this.#uses.values([keyManager, externalKeyId]);
    const times = (operation: string) =>
      uses.find(({ value }) => value[2] === operation)?.count.success ?? 0;
    const lastMs = Math.max(0, ...uses.map(({ count }) => count.lastMs));
    return {
      encryptions: times('Encrypt'),
      decryptions: times('Decrypt'),
      failures: uses.reduce((sum, { count }) => sum + count.failure, 0),
      lastUse: lastMs === 0 ? undefined : new Date(lastMs).toISOString(),
    };
  }

  #cryptoperiod({ keyManager, key }: Listed): Row {
    const { externalKeyId, createdAt, encryptionsLeft } = key;
    const from = this.#inventories.versionOf(keyManager, externalKeyId)?.since ?? createdAt;
    const days = from === undefined ? undefined : this.#daysSince(from);
    return {
      ...{ keyManager, externalKeyId, cryptoperiodFrom: from, cryptoperiodDays: days },
      ...{ overLimit: this.#verdict(days), encryptionsLeft },
      ...this.#use(keyManager, externalKeyId),
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

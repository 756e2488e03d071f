import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry, CollectedFinding, SectionPlan } from '../model/collector.js';
import { listOf } from '../model/declared.js';
import type { ColumnTitles } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { ConfigurationHistory } from './configuration-changes.js';
import { eventCollectors } from './events.js';
import { looseningOf } from './loosening.js';

const WHERE: ColumnTitles = {
  time: ['Time', 'time'],
  replica: 'Replica',
  sequence: ['Sequence', 'id'],
};
const CHANGES = 'What changed in the configuration';

/** Starts and stops of the servers, and the configurations that were in force. */
export function lifecycleSection(): SectionPlan {
  return {
    id: 'lifecycle',
    title: 'Starts, stops, configurations and events',
    about:
      'The hash covers the configuration in force, with its defaults and without its secrets. The same ' +
      'hash is the same configuration.',
    controls: [
      '10.2.1.6 starting and stopping of audit logs',
      'Art. 12(2)(c)(iii) change management, (iv) ICT system activities',
      'A.8.15',
      'Section 9 (audit)',
    ],
    collectors: [
      listOf(
        ['start', 'stop'],
        {
          id: 'starts-and-stops',
          title: 'Starts and stops',
          titles: {
            ...WHERE,
            event: 'Event',
            version: 'Holdfast',
            nodeVersion: 'Node.js',
            processId: ['Process', 'id'],
          },
        },
        ({ record, inPeriod }) => {
          if (!inPeriod) return undefined;
          const { type: event, time, replica, sequence } = record;
          if (record.type === 'stop') return { time, replica, sequence, event };
          const { version, nodeVersion, processId } = record;
          return { time, replica, sequence, event, version, nodeVersion, processId };
        },
      ),
      new Configurations(),
      ...eventCollectors(),
    ],
  };
}

class Configurations implements Collector {
  readonly types = ['configuration'] as const;
  readonly #configurations = new RowList({
    id: 'configurations',
    title: 'Configurations in force',
    titles: {
      ...WHERE,
      sha256: ['SHA-256', 'code'],
      change: 'Change',
      file: 'File',
      keyManagers: 'Key managers (locations)',
      keyStores: 'Key stores (credentials)',
    },
  });
  readonly #changes = new RowList({
    id: 'configuration-changes',
    title: CHANGES,
    titles: { ...WHERE, setting: 'Setting', before: 'Before', after: 'After', loosens: 'Loosens' },
  });
  /** Hash of the last configuration in this log, which tells whether the next one is the same. */
  #sha256: string | undefined;
  #history = new ConfigurationHistory();
  readonly #loosened = new Map<string, number>();

  begin(): void {
    this.#sha256 = undefined;
    this.#history = new ConfigurationHistory();
  }

  add({ record, inPeriod }: Entry): void {
    if (record.type !== 'configuration') return;
    const { time, replica, sequence, file, sha256, part = 1 } = record;
    const change = changeText(this.#sha256, sha256);
    this.#sha256 = sha256;
    const changes = this.#history.add(record);
    if (!inPeriod) return;
    const where = { time, replica, sequence };
    if (part === 1) {
      this.#configurations.add({ ...where, sha256, change, file, ...ownersOf(record) });
    }
    for (const changed of changes) {
      const { path: setting, before, after } = changed;
      const loosens = looseningOf(changed);
      if (loosens !== undefined)
        this.#loosened.set(loosens, (this.#loosened.get(loosens) ?? 0) + 1);
      const values = { before: before.join(', '), after: after.join(', ') };
      this.#changes.add({ ...where, setting, ...values, loosens });
    }
  }

  findings(): readonly CollectedFinding[] {
    const loosened = [...this.#loosened].map(
      ([what, count]): CollectedFinding => ({
        ...{ level: 'check', count, where: CHANGES },
        finding: `The configuration was loosened: ${what}.`,
      }),
    );
    const changes = 'Settings of the configuration changed.';
    return [
      ...loosened,
      { level: 'note', count: this.#changes.count, finding: changes, where: CHANGES },
    ];
  }

  tables() {
    return [this.#configurations.table(), this.#changes.table()];
  }
}

function changeText(before: string | undefined, now: string): string {
  if (before === undefined) return 'first in this log';
  return before === now ? 'none' : 'changed';
}

function ownersOf(record: RecordOf<'configuration'>) {
  const managers = record.keyManagers.map(({ name, type, nodes }) => {
    const places = nodes.map(({ name: node, location }) => `${node} in ${location}`);
    return `${name}: ${type} (${places.join(', ')})`;
  });
  const stores = record.keyStores.map(
    ({ name, uriPath, accessKeyIds }) => `${name}: ${uriPath} (${accessKeyIds.join(', ')})`,
  );
  return { keyManagers: managers.join('; '), keyStores: stores.join('; ') };
}

import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { ConfigurationHistory } from './configuration-changes.js';

/** Starts and stops of the servers, and the configurations that were in force. */
export class LifecycleCollector implements Collector {
  readonly #processes = new RowList();
  readonly #configurations = new RowList();
  /** Of this log, so that a configuration that did not change is seen as the same. */
  #sha256: string | undefined;
  #history = new ConfigurationHistory();
  readonly #changes = new RowList();

  begin(): void {
    this.#sha256 = undefined;
    this.#history = new ConfigurationHistory();
  }

  add({ record, inPeriod }: Entry): void {
    const { type, time, replica, sequence } = record;
    if (type === 'configuration') this.#addConfiguration(record, inPeriod);
    if (!inPeriod) return;
    if (type === 'start') {
      const { version, nodeVersion, processId } = record;
      this.#processes.add(time, replica, sequence, 'start', version, nodeVersion, processId);
    }
    if (type === 'stop') {
      this.#processes.add(time, replica, sequence, 'stop', undefined, undefined, undefined);
    }
  }

  #addConfiguration(record: RecordOf<'configuration'>, inPeriod: boolean): void {
    const { time, replica, sequence, file, sha256, part = 1 } = record;
    const before = this.#sha256;
    this.#sha256 = sha256;
    const changes = this.#history.add(record);
    if (!inPeriod) return;
    if (part === 1) {
      const change = changeText(before, sha256);
      this.#configurations.add(time, replica, sequence, sha256, change, file, ...parts(record));
    }
    for (const { path, before: old, after } of changes) {
      this.#changes.add(time, replica, sequence, path, old.join(', '), after.join(', '));
    }
  }

  section(): Section {
    const where = { time: 'Time', replica: 'Replica', sequence: 'Sequence' };
    return {
      id: 'lifecycle',
      title: 'Starts, stops and configurations',
      about:
        'The hash covers the configuration in force, with its defaults and without its secrets. The same ' +
        'hash is the same configuration.',
      tables: [
        this.#processes.table('starts-and-stops', 'Starts and stops', {
          ...where,
          event: 'Event',
          version: 'Holdfast',
          nodeVersion: 'Node.js',
          processId: 'Process',
        }),
        this.#configurations.table('configurations', 'Configurations in force', {
          ...where,
          sha256: 'SHA-256',
          change: 'Change',
          file: 'File',
          keyManagers: 'Key managers (locations)',
          keyStores: 'Key stores (credentials)',
        }),
        this.#changes.table('configuration-changes', 'What changed in the configuration', {
          ...where,
          setting: 'Setting',
          before: 'Before',
          after: 'After',
        }),
      ],
    };
  }
}

function changeText(before: string | undefined, now: string): string {
  if (before === undefined) return 'first in this log';
  return before === now ? 'none' : 'changed';
}

function parts(
  record: RecordOf<'configuration'>,
): readonly [keyManagers: string, keyStores: string] {
  const managers = record.keyManagers.map(({ name, type, nodes }) => {
    const places = nodes.map(({ name: node, location }) => `${node} in ${location}`);
    return `${name}: ${type} (${places.join(', ')})`;
  });
  const stores = record.keyStores.map(
    ({ name, uriPath, accessKeyIds }) => `${name}: ${uriPath} (${accessKeyIds.join(', ')})`,
  );
  return [managers.join('; '), stores.join('; ')];
}

import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';

/** Starts and stops of the servers, and the configurations that were in force. */
export class LifecycleCollector implements Collector {
  readonly #processes = new RowList();
  readonly #configurations = new RowList();
  /** Of this log, so that a configuration that did not change is seen as the same. */
  #sha256: string | undefined;

  begin(): void {
    this.#sha256 = undefined;
  }

  add({ record, inPeriod }: Entry): void {
    const { type, time, replica, sequence } = record;
    if (type === 'configuration') {
      const before = this.#sha256;
      this.#sha256 = record.sha256;
      if (!inPeriod) return;
      const change = changeText(before, record.sha256);
      const { file, sha256 } = record;
      this.#configurations.add(time, replica, sequence, sha256, change, file, ...parts(record));
    }
    if (!inPeriod) return;
    if (type === 'start') {
      const { version, nodeVersion, processId } = record;
      this.#processes.add(time, replica, sequence, 'start', version, nodeVersion, processId);
    }
    if (type === 'stop') {
      this.#processes.add(time, replica, sequence, 'stop', undefined, undefined, undefined);
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
      ],
    };
  }
}

function changeText(before: string | undefined, now: string): string {
  if (before === undefined) return 'first in this log';
  return before === now ? 'none' : 'changed';
}

function parts(
  record: Extract<Entry['record'], { type: 'configuration' }>,
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

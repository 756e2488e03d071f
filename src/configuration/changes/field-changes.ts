import type { Configuration } from '../schema.js';

/** The ways in which a field of the configuration changes while Holdfast runs. */
export const HOW_FIELDS_CHANGE = {
  reload: 'with a reload',
  listener: 'with a reload, on an address that does not listen yet; otherwise with a restart',
  'key-manager': 'with a reload, where the key manager can: see below; otherwise with a restart',
  restart: 'with a restart',
} as const;

/** One of {@link HOW_FIELDS_CHANGE}. */
export type HowChanged = keyof typeof HOW_FIELDS_CHANGE;

/** A row of the table of fields. */
export interface FieldChange {
  readonly how: HowChanged;
  /** The consequence, or the reason for a restart. */
  readonly says: string;
}

type TopField = keyof Configuration;

const SAME_LISTENER = 'a listener keeps it as long as it listens on its address';

/**
 * The way in which each field changes, by its name, without the names of entries. The longest name
 * that a field begins with counts. The reload and the documentation read this list.
 */
export const FIELD_CHANGES: Readonly<
  Record<TopField, FieldChange> & Record<`${TopField}.${string}`, FieldChange>
> = {
  stateDirectory: { how: 'restart', says: 'everything that the process has open is in it' },
  quickstart: { how: 'restart', says: 'it says what the first start makes' },
  listeners: {
    how: 'reload',
    says: 'a new one listens before the configuration is in force; a removed one drains',
  },
  'listeners.name': { how: 'listener', says: SAME_LISTENER },
  'listeners.limits': { how: 'listener', says: SAME_LISTENER },
  'listeners.plainHttp': { how: 'listener', says: 'its connections speak TLS, or do not' },
  'listeners.tls': {
    how: 'reload',
    says: 'new handshakes have the new certificate; connections stay open',
  },
  'listeners.tls.clientCertificates': {
    how: 'reload',
    says:
      'other roots and names count for new handshakes, and where fewer are allowed than before, ' +
      'older connections, and those whose handshake has begun, close after their next answer. Asking for client certificates at all, ' +
      'or no longer, takes a listener on another address',
  },
  operations: { how: 'restart', says: 'probes and scrapers would lose their listener' },
  admin: { how: 'restart', says: 'the reload itself is asked for on that socket' },
  drainDelayMs: { how: 'reload', says: 'it counts from the next drain on' },
  deadlineMs: { how: 'reload', says: 'it counts for requests whose head arrives afterwards' },
  keyManagerLimits: {
    how: 'reload',
    says: 'queues and circuit breakers begin anew; calls that wait finish in the old ones',
  },
  log: { how: 'reload', says: 'it counts for the lines that are written afterwards' },
  audit: { how: 'restart', says: 'the audit log is one chain from the start of the process on' },
  'audit.sinks': {
    how: 'reload',
    says: 'a sink that is changed goes on where it was, with the next record; a new one begins as at a start',
  },
  state: { how: 'restart', says: 'every key, credential and block that is known comes from it' },
  notifications: {
    how: 'reload',
    says: 'a webhook that is changed keeps what waits for it, and sends it at once as it is now',
  },
  proxyFleetSize: { how: 'reload', says: 'the next GetHealthStatus tells it' },
  keyManagers: {
    how: 'key-manager',
    says:
      'a new or changed one is started before the configuration is in force; one that is removed ' +
      'or replaced closes after the last request that uses it',
  },
  keyStores: { how: 'reload', says: 'for requests whose head arrives afterwards' },
};

/**
 * Finds the row of a field.
 *
 * @param path of a value, entries by their names: `listeners[public].tls.privateKey`
 */
export function fieldChangeOf(path: string): FieldChange {
  const segments = path.replaceAll(/\[[^\]]*\]/g, '').split('.');
  const table = new Map<string, FieldChange>(Object.entries(FIELD_CHANGES));
  for (let length = segments.length; length > 0; length -= 1) {
    const found = table.get(segments.slice(0, length).join('.'));
    if (found !== undefined) return found;
  }
  // A field that nobody has thought of is not changed behind anybody's back.
  return { how: 'restart', says: 'nothing is known of how it changes' };
}

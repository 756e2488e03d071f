import { join } from 'node:path';
import { backendsFor } from '../key-managers/backends.js';
import type { BackendFacts, BackendFolder } from '../key-managers/definition.js';
import { DEFAULT_AUDIT_FOLDER } from '../audit/config.js';
import { NOTIFICATIONS_FOLDER } from '../notifications/config.js';
import { DEFAULT_STATE_FOLDER, REPLICA_FOLDER } from '../state/config.js';
import { type PlacedValue, valueAt, valuesAt } from './reading/value-at.js';

/** A folder that the configuration names and that must be open to its owner alone. */
export interface PrivateFolderField extends PlacedValue {
  readonly part: 'audit' | 'keys' | 'notifications' | 'state';
  /** Present for the folders of key managers. */
  readonly backendFolder?: BackendFolder;
}

/** A folder of keys that the configuration names. */
export interface KeyFolderField extends PlacedValue {
  readonly value: string;
  /** Tells whether there is any key in a folder. */
  readonly keysAreIn: (folder: string) => Promise<boolean>;
}

/** Finds the folders that hold keys, counters or evidence. */
export function privateFolderFields(value: unknown): readonly PrivateFolderField[] {
  return [
    ...auditFolderFields(value),
    ...stateFolderFields(value),
    ...queueFolderFields(value),
    ...backendFields(value, ({ folders }) =>
      folders.map((backendFolder) => ({
        field: [backendFolder.field],
        backendFolder,
        part: 'keys' as const,
      })),
    ),
  ];
}

/** Finds the folder of the audit log, also where nothing says one. */
function auditFolderFields(value: unknown): readonly PrivateFolderField[] {
  if (valueAt(value, ['audit']) === undefined) return [];
  const path = ['audit', 'directory'];
  return [{ path, value: valueAt(value, path) ?? DEFAULT_AUDIT_FOLDER, part: 'audit' }];
}

/**
 * Finds the folder of a state store in files, also where nothing says one, or else that of a
 * replica that follows a shared store.
 */
function stateFolderFields(value: unknown): readonly PrivateFolderField[] {
  if (valueAt(value, ['state', 'type']) === 'postgres') {
    return [{ path: ['state'], value: REPLICA_FOLDER, part: 'state' }];
  }
  const path = ['state', 'directory'];
  return [{ path, value: valueAt(value, path) ?? DEFAULT_STATE_FOLDER, part: 'state' }];
}

/** Finds the folders of events that wait for webhooks. */
function queueFolderFields(value: unknown): readonly PrivateFolderField[] {
  return valuesAt(value, ['notifications', 'webhooks', '*', 'name']).flatMap(
    ({ path, value: name }) =>
      typeof name === 'string'
        ? [{ path, value: join(NOTIFICATIONS_FOLDER, name), part: 'notifications' as const }]
        : [],
  );
}

/** Finds the folders of key managers that hold keys. */
export function keyFolderFields(value: unknown): readonly KeyFolderField[] {
  return privateFolderFields(value).flatMap(({ path, value: folder, backendFolder }) =>
    backendFolder?.keys === undefined || typeof folder !== 'string'
      ? []
      : [{ path, value: folder, keysAreIn: backendFolder.keys.areIn }],
  );
}

/** Finds the fields that say where the server writes something. */
export function writtenFields(value: unknown): readonly PlacedValue[] {
  return [
    ...valuesAt(value, ['stateDirectory']),
    ...valuesAt(value, ['admin', 'socket']),
    ...privateFolderFields(value),
  ];
}

/**
 * Finds the fields of key managers that their backends' definitions name.
 *
 * @param value a configuration, checked or not
 * @returns the fields in place, each with what the definition says of it
 */
export function backendFields<Named extends { readonly field: readonly string[] }>(
  value: unknown,
  namedBy: (backend: BackendFacts) => readonly Named[],
): readonly (PlacedValue & Named)[] {
  return valuesAt(value, ['keyManagers', '*']).flatMap(({ path, value: keyManager }) => {
    const fields = backendsFor(valueAt(keyManager, ['type'])).flatMap(namedBy);
    return fields.flatMap((named) =>
      valuesAt(keyManager, named.field).map((inside) => ({
        ...named,
        path: [...path, ...inside.path],
        value: inside.value,
      })),
    );
  });
}

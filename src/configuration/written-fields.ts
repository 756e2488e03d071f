/** A field of the configuration by its path, with `*` for every entry of a list. */
type Field = readonly string[];

/** Folders that hold keys, counters or evidence, and must be open to their owner alone. */
export const PRIVATE_FOLDERS: readonly Field[] = [
  ['audit', 'directory'],
  ['keyManagers', '*', 'directory'],
  ['keyManagers', '*', 'countersDirectory'],
];

/** Fields that say where the server writes something. */
export const WRITTEN_FIELDS: readonly Field[] = [
  ['stateDirectory'],
  ['admin', 'socket'],
  ...PRIVATE_FOLDERS,
];

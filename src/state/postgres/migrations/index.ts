import type { Tables } from '../tables.js';
import { store } from './0001-store.js';
import { uses } from './0002-uses.js';

/** One step of the schema. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: (tables: Tables) => readonly string[];
}

/**
 * Every step, in order. A step only adds, so that the version of Holdfast before it goes on working
 * beside it; and one that was released is never changed.
 */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'store', statements: store },
  { number: 2, name: 'uses', statements: uses },
];

/** The step that this version of Holdfast needs. */
export const NEEDED_MIGRATION = 2;

import { randomBytes } from 'node:crypto';
import { LOST, type RunningKeys } from './prepared-keys.js';

/** An act whose process is killed, and what must be after it was asked for once more. */
export interface KilledAct {
  readonly title: string;
  /** The key that it is about. */
  readonly key: string;
  /** Absent for what the next start does by itself, because it is due. */
  readonly ask?: (running: RunningKeys) => Promise<unknown>;
  /** The state of the key when it is done. */
  readonly leads: string;
  /** The version that must encrypt when it is done, or a later one. */
  readonly encrypts?: number;
  /** An alias, and whether it leads to a key when it is done. */
  readonly alias?: { readonly name: string; readonly works: boolean };
  /** The versions that never open again, once it is done. */
  readonly destroys?: readonly number[];
}

const by = (externalKeyId: string) => ({ pathParameters: { externalKeyId }, query: {} });
const byAlias = (alias: string) => ({ pathParameters: { alias }, query: {} });

/** Every act on keys that changes anything on disk. */
export const KILLED_ACTS: readonly KilledAct[] = [
  {
    title: 'create',
    key: 'new',
    ask: (running) => running.create('new'),
    leads: 'Enabled',
    encrypts: 1,
  },
  {
    title: 'rotate',
    key: 'one',
    ask: ({ admin }) => admin.call('rotateKey', by('one')),
    leads: 'Enabled',
    encrypts: 3,
  },
  {
    title: 'rotate to imported material that waits',
    key: 'waiting',
    ask: ({ admin }) => admin.call('rotateKey', by('waiting')),
    leads: 'Enabled',
    encrypts: 2,
  },
  {
    title: 'import',
    key: 'empty',
    ask: (running) => running.bring('empty', randomBytes(32)),
    leads: 'Enabled',
    encrypts: 1,
  },
  {
    title: 'import lost material again',
    key: 'lost',
    ask: (running) => running.bring('lost', LOST),
    leads: 'Enabled',
    encrypts: 1,
  },
  {
    title: 'import further material',
    key: 'brought',
    ask: (running) => running.bring('brought', randomBytes(32), true),
    leads: 'Enabled',
    encrypts: 1,
  },
  {
    title: 'delete imported material',
    key: 'brought',
    ask: ({ admin }) => admin.call('deleteImportedMaterial', by('brought')),
    leads: 'PendingImport',
  },
  {
    title: 'disable',
    key: 'one',
    ask: ({ admin }) => admin.call('disableKey', by('one')),
    leads: 'Disabled',
  },
  {
    title: 'enable',
    key: 'off',
    ask: ({ admin }) => admin.call('enableKey', by('off')),
    leads: 'Enabled',
    encrypts: 1,
  },
  {
    title: 'schedule the deletion',
    key: 'one',
    ask: ({ admin }) => admin.call('scheduleDeletion', { ...by('one'), body: { days: 7 } }),
    leads: 'PendingDeletion',
  },
  {
    title: 'cancel the deletion',
    key: 'kept',
    ask: ({ admin }) => admin.call('cancelDeletion', { ...by('kept'), body: {} }),
    leads: 'Disabled',
  },
  {
    title: 'make an alias',
    key: 'one',
    ask: ({ admin }) => admin.call('createAlias', { body: { alias: 'other', target: 'one' } }),
    leads: 'Enabled',
    alias: { name: 'other', works: true },
  },
  {
    title: 'delete an alias',
    key: 'one',
    ask: ({ admin }) => admin.call('deleteAlias', byAlias('going-name')),
    leads: 'Enabled',
    alias: { name: 'going-name', works: false },
  },
  {
    title: 'bring back a deleted alias',
    key: 'two',
    ask: ({ admin }) => admin.call('createAlias', { body: { alias: 'gone-name', target: 'two' } }),
    leads: 'Enabled',
    alias: { name: 'gone-name', works: true },
  },
  {
    title: 'move an alias',
    key: 'two',
    ask: ({ admin }) => admin.call('moveAlias', { ...byAlias('name'), body: { target: 'two' } }),
    leads: 'Enabled',
    alias: { name: 'name', works: true },
  },
  { title: 'destroy a key', key: 'going', leads: 'Destroyed', destroys: [1] },
  { title: 'destroy a version', key: 'older', leads: 'Enabled', destroys: [1], encrypts: 2 },
  {
    title: 'destroy material that has expired',
    key: 'fading',
    leads: 'PendingImport',
    destroys: [1],
  },
];

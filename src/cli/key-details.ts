import type { Key } from '../admin/contract/keys.js';
import { record } from './table.js';

/** Writes a key's usage as the command line takes it and as listings show it. */
export function usageText({ usage }: Pick<Key, 'usage'>): string {
  return usage.length === 0 ? 'NONE' : usage.join(',');
}

/** One word for whether a key can be used. */
export function stateText({ enabled }: Pick<Key, 'enabled'>): string {
  return enabled ? 'enabled' : 'disabled';
}

/** Everything about a key, for people. */
export function keyDetails(key: Key): string {
  const pairs: [string, string][] = [
    ['External key id', key.externalKeyId],
    ['Key manager', key.keyManager],
    ['Key stores', key.keyStores.join(', ') || 'none'],
    ['Usage', usageText(key)],
    ['State', key.problem === undefined ? stateText(key) : `${stateText(key)}: ${key.problem}`],
    ['Created', key.createdAt ?? 'unknown'],
    ['Current version', String(key.currentVersion ?? 'none')],
    ['Encryptions left', key.encryptionsLeft?.toLocaleString('en') ?? 'not counted'],
    ...key.versions.map(({ version, materialName }): [string, string] => [
      `Version ${String(version)}`,
      `material ${materialName}`,
    ]),
  ];
  return record(pairs);
}

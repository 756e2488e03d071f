import type { AuditConfig } from '../audit/config.js';
import type { FieldsOf } from '../audit/record/index.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import { inParts } from '../audit/trail/record-parts.js';

/** The key stores and key managers that the audit log describes. */
export interface Served {
  readonly keyStores: KeyStoreTable;
  readonly keyManagers: ReadonlyMap<string, KeyManager>;
}

/**
 * Describes the configuration that is in force, in as many records as it takes.
 *
 * @param stateId the id of the state store that was opened
 */
export function configurationRecords(
  { configuration, file, hash, settings }: LoadedConfiguration,
  audit: AuditConfig,
  { keyStores, keyManagers }: Served,
  stateId: string,
): readonly FieldsOf<'configuration'>[] {
  const { durability, onAuditFailure, retentionDays, sinks } = audit;
  const whole = {
    file,
    sha256: hash,
    state: { type: configuration.state.type, id: stateId },
    audit: {
      durability,
      onAuditFailure,
      retentionDays,
      sinks: sinks.map(({ name, type, carries }) => ({ name, type, carries: [...carries] })),
    },
  };
  const parts = inParts([
    ...[...keyManagers.values()].map(({ name, type, nodes }) => ({
      keyManager: { name, type, nodes: [...nodes] },
    })),
    ...keyStores.keyStores.map(({ name, uriPath, keyManager, region, credentials }) => ({
      keyStore: { name, uriPath, keyManager, region, accessKeyIds: [...credentials.keys()] },
    })),
    ...settings.map((setting) => ({ setting })),
  ]);
  return parts.map((entries, index) => ({
    ...whole,
    keyManagers: entries.flatMap((entry) => ('keyManager' in entry ? [entry.keyManager] : [])),
    keyStores: entries.flatMap((entry) => ('keyStore' in entry ? [entry.keyStore] : [])),
    part: index + 1,
    parts: parts.length,
    settings: entries.flatMap((entry) => ('setting' in entry ? [entry.setting] : [])),
  }));
}

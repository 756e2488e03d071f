import type { AuditConfig } from '../audit/config.js';
import type { FieldsOf } from '../audit/record/index.js';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import { inParts } from '../audit/trail/record-parts.js';

/** The key stores and key managers that the audit log describes. */
export interface Served {
  readonly keyStores: KeyStoreTable;
  readonly keyManagers: ReadonlyMap<string, KeyManager>;
}

/** A configuration to be described, and the parts that were made of it. */
export interface Described extends Served {
  readonly number: number;
  readonly loaded: LoadedConfiguration;
}

/** The trigger that put a configuration in force. */
export type PutInForceBy = NonNullable<FieldsOf<'configuration'>['trigger']>;

/**
 * Records a configuration that is about to be in force.
 *
 * @param stateId the id of the state store that was opened
 * @throws AuditUnavailableError
 */
export async function recordConfiguration(
  trail: Pick<AuditTrail, 'record'>,
  described: Described,
  trigger: PutInForceBy,
  stateId: string,
): Promise<void> {
  const { audit } = described.loaded.configuration;
  if (audit === undefined) return;
  for (const fields of configurationRecords(described, audit, trigger, stateId)) {
    await trail.record('configuration', fields);
  }
}

/**
 * Describes the configuration that is in force, in as many records as it takes.
 *
 * @param stateId the id of the state store that was opened
 */
export function configurationRecords(
  { loaded, number: generation, keyStores, keyManagers }: Described,
  audit: AuditConfig,
  trigger: PutInForceBy,
  stateId: string,
): readonly FieldsOf<'configuration'>[] {
  const { configuration, file, hash, settings } = loaded;
  const { durability, onAuditFailure, retentionDays, sinks } = audit;
  const whole = {
    file,
    sha256: hash,
    ...{ generation, trigger },
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

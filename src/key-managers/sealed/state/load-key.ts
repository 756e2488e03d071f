import { SealingError } from '../../../sealing/errors.js';
import { type MasterKey, openingKey } from '../../../sealing/master-key.js';
import type { StateDocument } from '../../../state/collection.js';
import { EncryptionBudget } from '../../counting/encryption-budget.js';
import type { DamagedKey } from '../keys/damaged-key.js';
import { ExternalKey } from '../keys/external-key.js';
import { activeVersionOf, DamagedDocumentError, type KeyDocument } from '../keys/key-document.js';
import type { KeptDocument } from '../keys/kept-document.js';
import { openVersions } from '../keys/key-material.js';
import { KeyVersions, usable } from '../keys/key-versions.js';
import type { KeyPorts } from '../keys/place.js';
import { settledVersion } from '../../nodes/settled-version.js';
import type { StateNames } from './sealed-keys.js';

/** The parts with which documents in the state become keys. */
export interface LoadingPorts extends KeyPorts {
  readonly masterKey: MasterKey;
  readonly names: StateNames;
}

/**
 * Opens a document. None of its versions has a block yet.
 *
 * @returns undefined for a tombstone
 */
export async function loadKey(
  document: StateDocument<KeptDocument>,
  ports: LoadingPorts,
): Promise<ExternalKey | DamagedKey | undefined> {
  if (document.kind === 'removed') return undefined;
  if (document.kind !== 'value') return damagedKey(document.id, document.problem, ports);
  try {
    return await openKey(document, ports);
  } catch (error) {
    if (!(error instanceof DamagedDocumentError || error instanceof SealingError)) throw error;
    return damagedKey(document.id, error.message, ports);
  }
}

/** Names a document that cannot be trusted. */
export function damagedKey(
  documentName: string,
  problem: string,
  { names, ports }: LoadingPorts,
): DamagedKey {
  const externalKeyId = documentName.slice(names.prefix.length);
  ports.log.error(
    { externalKeyId, documentName },
    `the key ${externalKeyId} is disabled, or goes on with what is known of it: ${problem}`,
  );
  return { documentName, externalKeyId, problem };
}

/** @throws DamagedDocumentError for a document under another key's name */
export function assertOwnName(name: string, document: KeyDocument, names: StateNames): void {
  if (names.document(document.externalKeyId) === name) return;
  throw new DamagedDocumentError(
    `the document of ${document.externalKeyId} lies under a name that is not its own`,
  );
}

async function openKey(
  { id, revision, value }: StateDocument<KeptDocument> & { readonly kind: 'value' },
  loading: LoadingPorts,
): Promise<ExternalKey> {
  const { masterKey, names, place } = loading;
  const document = value.read();
  assertOwnName(id, document, names);
  const sealingKey = await openingKey(masterKey, document.sealing);
  const materials = await openVersions(sealingKey, document);
  const versions = materials.map((material) => usable(material, EncryptionBudget.spent(0)));
  const newest = versions.find(({ version }) => version === activeVersionOf(document)?.version);
  const active = newest === undefined ? [] : versions.slice(0, versions.indexOf(newest) + 1);
  const isSettled = place.isSettled(revision);
  const current = settledVersion(active, (version) => isSettled || version !== newest);
  return new ExternalKey(
    {
      versions: new KeyVersions({ document: value, revision }, versions, current),
      sealingKey,
      highestVersion: document.versions.at(-1)?.version ?? 0,
    },
    loading,
  );
}

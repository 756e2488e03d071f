import { SealingError } from '../../sealing/errors.js';
import type { MasterKey, SealingKey } from '../../sealing/master-key.js';
import { EXTERNAL_KEY_ID } from '../../xks/external-key-id.js';
import { KeyManagerError } from '../backend.js';
import type { CounterFile } from '../counting/counter-file.js';
import { readCredibleCounter } from './credible-counter.js';
import type { DamagedKey } from './damaged-key.js';
import { EncryptionBudget } from '../counting/encryption-budget.js';
import { ExternalKey, type KeySurroundings } from './external-key.js';
import { DamagedDocumentError, type KeyDocument, parseKeyDocument } from './key-document.js';
import { type KeyMaterial, openVersions } from './key-material.js';
import { fileNameOf, lowercasedIdOf } from '../counting/key-names.js';
import { KeyVersions, type UsableVersion } from './key-versions.js';

/** What a key folder holds. */
export interface LoadedFolder {
  readonly keys: readonly ExternalKey[];
  readonly damaged: readonly DamagedKey[];
}

/**
 * Reads and opens every key document. One that cannot be trusted disables its own key and no
 * other, and is logged here, once.
 *
 * @throws KeyManagerError `misconfigured` when there are documents and none of them opens
 */
export async function loadFolder(
  masterKey: MasterKey,
  surroundings: KeySurroundings,
): Promise<LoadedFolder> {
  const { folder, ports } = surroundings;
  const keys: ExternalKey[] = [];
  const damaged: DamagedKey[] = [];
  for (const fileName of await folder.documentNames()) {
    const loaded = await loadKey(fileName, masterKey, surroundings);
    if (loaded instanceof ExternalKey) keys.push(loaded);
    else damaged.push(loaded);
  }
  if (keys.length === 0 && damaged.length > 0) throw noneOpens(folder.path, damaged);
  for (const { fileName, externalKeyId, problem } of damaged) {
    ports.log.error(
      { externalKeyId, fileName },
      `the key ${externalKeyId} is disabled: ${fileName}: ${problem}`,
    );
  }
  return { keys, damaged };
}

async function loadKey(
  fileName: string,
  masterKey: MasterKey,
  surroundings: KeySurroundings,
): Promise<ExternalKey | DamagedKey> {
  let text = '';
  try {
    text = await surroundings.folder.readDocument(fileName);
    const document = parseKeyDocument(fileName, text);
    const sealingKey = await sealingKeyOf(document, masterKey);
    const materials = await openVersions(sealingKey, document);
    const newest = materials.at(-1)?.version ?? 0;
    const counter = await readCredibleCounter(document.externalKeyId, newest, surroundings);
    return new ExternalKey(
      {
        versions: new KeyVersions(document, withBudgets(materials, counter, surroundings)),
        sealingKey,
        highestVersion: Math.max(newest, counter?.version ?? 0),
      },
      surroundings,
    );
  } catch (error) {
    if (!(error instanceof DamagedDocumentError || error instanceof SealingError)) throw error;
    return { fileName, externalKeyId: likelyIdOf(fileName, text), problem: error.message };
  }
}

async function sealingKeyOf(document: KeyDocument, masterKey: MasterKey): Promise<SealingKey> {
  const { masterKeyId, scrypt } = document.sealing;
  const sealingKey = await masterKey.derive(scrypt);
  if (sealingKey.id === masterKeyId) return sealingKey;
  throw new SealingError(
    'wrong-master-key',
    `sealed under the master key ${masterKeyId}, while the configuration gives ${sealingKey.id}`,
  );
}

/**
 * The version that the counter names goes on from there. Of any other the count is unknown, and it
 * is as good as full: an old one encrypts no more, and a current one gives way to a new one.
 */
function withBudgets(
  materials: readonly KeyMaterial[],
  counter: CounterFile | undefined,
  { limits }: KeySurroundings,
): UsableVersion[] {
  return materials.map((material) => {
    const isCounted =
      counter?.version === material.version &&
      counter.materialName === material.materialName.toString('hex');
    const spent = isCounted ? counter.reserved : limits.perVersion;
    return { ...material, budget: EncryptionBudget.spent(spent) };
  });
}

const CLAIMED_ID = new RegExp(`"externalKeyId":\\s*"(?<id>${EXTERNAL_KEY_ID})"`);

/** The id of the key that a damaged document was for: what its name and contents agree on, if anything. */
function likelyIdOf(fileName: string, text: string): string {
  const claimed = CLAIMED_ID.exec(text)?.groups?.['id'];
  if (claimed !== undefined && fileNameOf(claimed) === fileName) return claimed;
  return lowercasedIdOf(fileName) ?? claimed ?? fileName;
}

function noneOpens(path: string, damaged: readonly DamagedKey[]): KeyManagerError {
  const problems = damaged.map(({ fileName, problem }) => `  ${fileName}: ${problem}`);
  return new KeyManagerError(
    'misconfigured',
    `The master key opens none of the ${damaged.length} key documents in ${path}. ` +
      `Is it the right one?\n${problems.join('\n')}`,
  );
}

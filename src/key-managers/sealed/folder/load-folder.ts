import { SealingError } from '../../../sealing/errors.js';
import { type MasterKey, openingKey } from '../../../sealing/master-key.js';
import { EXTERNAL_KEY_ID } from '../../../xks/external-key-id.js';
import { HEALTH_TEST_KEY_ID, KeyManagerError } from '../../backend.js';
import { type CounterFile, reservedIn } from '../../counting/counter-file.js';
import { readCredibleCounter } from './credible-counter.js';
import type { DamagedKey } from '../keys/damaged-key.js';
import type { BackendPorts } from '../../definition.js';
import { EncryptionBudget } from '../../counting/encryption-budget.js';
import { ExternalKey } from '../keys/external-key.js';
import type { LoadedKeys } from '../keys/key-ring.js';
import type { KeyPorts } from '../keys/place.js';
import { parseDestroyedDocument } from './destroyed-document.js';
import { finishDestruction } from './finish-destruction.js';
import type { KeyFolder } from './key-folder.js';
import { KeptDocument } from '../keys/kept-document.js';
import { DamagedDocumentError, parseKeyDocument } from '../keys/key-document.js';
import { type VersionMaterial, openVersions } from '../keys/key-material.js';
import { fileNameOf, lowercasedIdOf } from '../../counting/key-names.js';
import { KeyVersions, usable, type UsableVersion } from '../keys/key-versions.js';

/**
 * Reads and opens every key document. One that cannot be trusted disables its own key and no
 * other, and is logged here, once. So is what does not belong there: a copy of a document, and a
 * counter whose key is gone.
 *
 * @throws KeyManagerError `misconfigured` when there are documents and none of them opens
 */
export async function loadFolder(
  masterKey: MasterKey,
  folder: KeyFolder,
  keyPorts: KeyPorts,
): Promise<LoadedKeys> {
  const { ports } = keyPorts;
  const keys: ExternalKey[] = [];
  const unusable: DamagedKey[] = [];
  for (const fileName of await folder.documentNames()) {
    if (await isDestroyed(fileName, folder)) continue;
    const loaded = await loadKey(fileName, masterKey, folder, keyPorts);
    if (loaded instanceof ExternalKey) keys.push(loaded);
    else unusable.push(loaded);
  }
  if (keys.length === 0 && unusable.length > 0) throw noneOpens(folder.path, masterKey, unusable);
  const copies = unusable.filter((document) => isCopy(document, keys));
  const damaged = unusable.filter((document) => !copies.includes(document));
  for (const { documentName: fileName, externalKeyId, problem } of damaged) {
    ports.log.error(
      { externalKeyId, fileName },
      `the key ${externalKeyId} is disabled: ${fileName}: ${problem}`,
    );
  }
  await warnOfStrays(copies, folder, ports);
  return { keys, damaged };
}

/** Nothing is wrong with a key, and still somebody has been at work in the folder. */
async function warnOfStrays(
  copies: readonly DamagedKey[],
  folder: KeyFolder,
  ports: BackendPorts,
): Promise<void> {
  for (const { documentName: fileName, externalKeyId } of copies) {
    ports.log.warn(
      { externalKeyId, fileName },
      `${fileName} says that it is the key ${externalKeyId}, whose document is ${fileNameOf(externalKeyId)}: move the copy out of the folder`,
    );
  }
  for (const fileName of await folder.orphanedCounterNames()) {
    if (fileName === fileNameOf(HEALTH_TEST_KEY_ID)) continue; // Made again where it is missing.
    if ((await folder.destroyedKey(fileName)) !== undefined) continue;
    ports.log.warn(
      { externalKeyId: lowercasedIdOf(fileName), fileName },
      `there is a counter ${fileName} without a key document: put the document back, or remove the counter with the key`,
    );
  }
}

/** True for a document under a name of an operator's own, of a key that works. */
function isCopy(
  { documentName, externalKeyId }: DamagedKey,
  keys: readonly ExternalKey[],
): boolean {
  const isNamedFreely = lowercasedIdOf(documentName) === undefined;
  return isNamedFreely && keys.some((key) => key.externalKeyId === externalKeyId);
}

async function loadKey(
  fileName: string,
  masterKey: MasterKey,
  folder: KeyFolder,
  keyPorts: KeyPorts,
): Promise<ExternalKey | DamagedKey> {
  let text = '';
  try {
    text = await folder.readDocument(fileName);
    const document = parseKeyDocument(fileName, text);
    const sealingKey = await openingKey(masterKey, document.sealing);
    const materials = await openVersions(sealingKey, document);
    const newest = document.versions.at(-1)?.version ?? 0;
    const counter = await readCredibleCounter(
      document.externalKeyId,
      newest,
      folder,
      keyPorts.ports,
    );
    return new ExternalKey(
      {
        versions: new KeyVersions(
          { document: KeptDocument.of(document), revision: 0 },
          withBudgets(materials, counter, keyPorts.place.perVersion),
        ),
        sealingKey,
        highestVersion: Math.max(newest, counter?.version ?? 0),
      },
      keyPorts,
    );
  } catch (error) {
    if (!(error instanceof DamagedDocumentError || error instanceof SealingError)) throw error;
    return {
      documentName: fileName,
      externalKeyId: likelyIdOf(fileName, text),
      problem: error.message,
    };
  }
}

/** Finishes what a crash has left of a destruction. */
async function isDestroyed(fileName: string, folder: KeyFolder): Promise<boolean> {
  const text = await folder.readDocument(fileName).catch(() => '');
  const destroyed = parseDestroyedDocument(text);
  if (destroyed === undefined || fileNameOf(destroyed.externalKeyId) !== fileName) return false;
  await finishDestruction(folder, destroyed);
  return true;
}

/**
 * A version that the counter names goes on from there. Of any other the count is unknown, and it
 * is as good as full: an old one encrypts no more, and a current one gives way to a new one.
 */
function withBudgets(
  materials: readonly VersionMaterial[],
  counter: CounterFile | undefined,
  perVersion: number,
): UsableVersion[] {
  return materials.map((material) => {
    const { version } = material;
    const materialName = material.materialName.toString('hex');
    const spent = reservedIn(counter, { version, materialName }) ?? perVersion;
    return usable(material, EncryptionBudget.spent(spent));
  });
}

const CLAIMED_ID = new RegExp(`"externalKeyId":\\s*"(?<id>${EXTERNAL_KEY_ID})"`);

/**
 * The id of the key that a damaged document was for: what its name and contents agree on, if
 * anything.
 */
function likelyIdOf(fileName: string, text: string): string {
  const claimed = CLAIMED_ID.exec(text)?.groups?.['id'];
  if (claimed !== undefined && fileNameOf(claimed) === fileName) return claimed;
  return lowercasedIdOf(fileName) ?? claimed ?? fileName;
}

/** Documents named in one message; there may be thousands. */
const MAX_NAMED = 10;

function noneOpens(
  path: string,
  { name }: MasterKey,
  damaged: readonly DamagedKey[],
): KeyManagerError {
  const more = damaged.length - MAX_NAMED;
  const problems = damaged
    .slice(0, MAX_NAMED)
    .map(({ documentName, problem }) => `  ${documentName}: ${problem}`)
    .concat(more > 0 ? [`  and ${more} more`] : []);
  return new KeyManagerError(
    'misconfigured',
    `The master key, ${name}, opens none of the ${damaged.length} key documents in ${path}. ` +
      `Nothing has been changed.\n${problems.join('\n')}`,
  );
}

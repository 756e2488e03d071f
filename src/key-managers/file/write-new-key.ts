import type { SealingKey } from '../../sealing/master-key.js';
import type { KeyUsage } from '../backend.js';
import { EncryptionBudget } from '../counting/encryption-budget.js';
import { readCredibleCounter } from './credible-counter.js';
import { ExternalKey, type KeyPorts } from './external-key.js';
import type { KeyDocument } from './key-document.js';
import { makeVersion } from './key-material.js';
import { KeyVersions } from './key-versions.js';

/** The key that is wanted; whether its id may be had has been looked at. */
export interface WantedKey {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
}

/**
 * Makes a key with its first version and writes it. The counter file comes before the document, so
 * that a key that can be seen has one. A crash in between leaves a counter file alone; the next
 * attempt takes the number after the one it names, and so does a key that is made anew under an
 * id whose document was deleted.
 *
 * @throws the file system's error
 */
export async function writeNewKey(
  { externalKeyId, usage }: WantedKey,
  sealingKey: SealingKey,
  keyPorts: KeyPorts,
): Promise<ExternalKey> {
  const { folder, ports, limits } = keyPorts;
  const createdAt = new Date(ports.clock.now());
  const head = {
    format: 1,
    externalKeyId,
    usage: inDocumentOrder(usage),
    createdAt: createdAt.toISOString(),
    sealing: { masterKeyId: sealingKey.id, scrypt: sealingKey.scrypt },
  } as const;
  const left = await readCredibleCounter(externalKeyId, 0, keyPorts);
  const version = (left?.version ?? 0) + 1;
  const { randomBytes } = ports;
  const { stored, material } = await makeVersion(sealingKey, head, {
    version,
    createdAt,
    randomBytes,
  });
  const document = { ...head, versions: [stored] };
  const { materialName } = stored;
  const reserved = limits.blockSize;
  await folder.writeCounter({ format: 1, externalKeyId, version, materialName, reserved });
  await folder.writeDocument(document);

  const budget = EncryptionBudget.fresh(reserved);
  const versions = new KeyVersions(document, [{ ...material, budget }]);
  return new ExternalKey({ versions, sealingKey, highestVersion: version }, keyPorts);
}

function inDocumentOrder(usage: ReadonlySet<KeyUsage>): KeyDocument['usage'] {
  if (usage.has('ENCRYPT')) return usage.has('DECRYPT') ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT'];
  return usage.has('DECRYPT') ? ['DECRYPT'] : [];
}

import type { SealingKey } from '../../../sealing/master-key.js';
import type { KeyUsage } from '../../backend.js';
import { EncryptionBudget } from '../../counting/encryption-budget.js';
import { ExternalKey } from './external-key.js';
import { type KeyDocument, keyDocumentOf } from './key-document.js';
import { makeVersion } from './key-material.js';
import { KeyVersions } from './key-versions.js';
import type { KeyPorts } from './place.js';

/** The key that is wanted; whether its id may be had has been looked at. */
export interface WantedKey {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
}

/**
 * Makes a key with its first version and writes it. The count begins before the document is
 * written, so that a key that can be seen has one. A crash in between leaves a count alone; the
 * next attempt takes the number after the one it names, and so does a key that is made anew under
 * an id whose document was deleted.
 *
 * @throws KeyManagerError `conflict`, or the error of the place
 */
export async function writeNewKey(
  { externalKeyId, usage }: WantedKey,
  sealingKey: SealingKey,
  keyPorts: KeyPorts,
): Promise<ExternalKey> {
  const { place, ports } = keyPorts;
  const createdAt = new Date(ports.clock.now());
  const head = {
    externalKeyId,
    usage: inDocumentOrder(usage),
    createdAt: createdAt.toISOString(),
    sealing: { masterKeyId: sealingKey.id, scrypt: sealingKey.scrypt },
  } as const;
  const version = (await place.highestVersion(externalKeyId)) + 1;
  const { randomBytes } = ports;
  const { stored, material } = await makeVersion(sealingKey, head, {
    version,
    createdAt,
    randomBytes,
  });
  const document = keyDocumentOf(head, [stored]);
  const block = await place.beginCount({ externalKeyId, version: material });
  const revision = await place.writeDocument(document, 0);

  const budget = EncryptionBudget.of(block);
  const versions = new KeyVersions({ document, revision }, [{ ...material, budget }]);
  return new ExternalKey({ versions, sealingKey, highestVersion: version }, keyPorts);
}

function inDocumentOrder(usage: ReadonlySet<KeyUsage>): KeyDocument['usage'] {
  if (usage.has('ENCRYPT')) return usage.has('DECRYPT') ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT'];
  return usage.has('DECRYPT') ? ['DECRYPT'] : [];
}

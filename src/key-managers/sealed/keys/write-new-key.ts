import type { SealingKey } from '../../../sealing/master-key.js';
import type { KeyUsage, MaterialOrigin } from '../../backend.js';
import { ExternalKey } from './external-key.js';
import { KeptDocument } from './kept-document.js';
import type { KeyDocument, KeyHead } from './key-document.js';
import { makeVersion, sealDocument } from './key-material.js';
import { KeyVersions } from './key-versions.js';
import { firstBudget, type KeyPorts } from './place.js';

/** The key that is wanted; whether its id may be had has been looked at. */
export interface WantedKey {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
  readonly origin: MaterialOrigin;
}

/**
 * Makes a key and writes it: with its first version, or without any where material is to be
 * imported. The count begins before the document is written, so that a key that can be seen has
 * one. A crash in between leaves a count alone; the next attempt takes the number after the one it
 * names, and so does a key that is made anew under an id whose document was deleted.
 *
 * @throws KeyManagerError `conflict`, or the error of the place
 */
export async function writeNewKey(
  wanted: WantedKey,
  sealingKey: SealingKey,
  keyPorts: KeyPorts,
): Promise<ExternalKey> {
  const { place, ports } = keyPorts;
  const { externalKeyId, origin } = wanted;
  const head = {
    externalKeyId,
    usage: inDocumentOrder(wanted.usage),
    createdAt: new Date(ports.clock.now()).toISOString(),
    sealing: { masterKeyId: sealingKey.id, scrypt: sealingKey.scrypt },
    ...(origin === 'external' && { origin }),
  };
  const highestVersion = await place.highestVersion(externalKeyId);
  if (origin === 'external') {
    const document = KeptDocument.of(await sealDocument(sealingKey, head, []));
    const revision = await place.writeDocument(document, 0);
    const versions = new KeyVersions({ document, revision }, []);
    return new ExternalKey({ versions, sealingKey, highestVersion }, keyPorts);
  }
  return writeGenerated(head, highestVersion + 1, sealingKey, keyPorts);
}

async function writeGenerated(
  head: KeyHead,
  version: number,
  sealingKey: SealingKey,
  keyPorts: KeyPorts,
): Promise<ExternalKey> {
  const { place, ports } = keyPorts;
  const { externalKeyId, createdAt } = head;
  const { stored, material } = await makeVersion(sealingKey, head, {
    version,
    createdAt: new Date(createdAt),
    randomBytes: ports.randomBytes,
  });
  const document = KeptDocument.of(await sealDocument(sealingKey, head, [stored]));
  const budget = await firstBudget(keyPorts, externalKeyId, material);
  const revision = await place.writeDocument(document, 0);

  const versions = new KeyVersions({ document, revision }, [{ ...material, budget }]);
  return new ExternalKey({ versions, sealingKey, highestVersion: version }, keyPorts);
}

function inDocumentOrder(usage: ReadonlySet<KeyUsage>): KeyDocument['usage'] {
  if (usage.has('ENCRYPT')) return usage.has('DECRYPT') ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT'];
  return usage.has('DECRYPT') ? ['DECRYPT'] : [];
}

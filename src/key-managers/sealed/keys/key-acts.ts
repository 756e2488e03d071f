import type { KeyObject } from 'node:crypto';
import { invariant } from '../../../shared/assert.js';
import { MAX_KEY_VERSION } from '../../../shared/key-material.js';
import { KeyManagerError } from '../../backend.js';
import { EncryptionBudget } from '../../counting/encryption-budget.js';
import type { ChangingKey, DocumentChange, KeyAct } from './key-changes.js';
import { activeVersionOf, headOf, type StoredVersion } from './key-document.js';
import { makeVersion, type NewVersion, newMaterialName, sealVersion } from './key-material.js';
import { usable, type UsableVersion } from './key-versions.js';
import { firstBudget } from './place.js';

/**
 * Gives a key a new version: of fresh material, or the imported one that waits. Done already where
 * the version that encrypts, or is to, is above this one; one that is not there yet is refused, as
 * each asking again would make another.
 *
 * The count of the new version begins first and the document is written afterwards. A crash in
 * between leaves a count without a version, which is never used; in the other order, a failure
 * without a crash would leave a version in the document that nobody may encrypt with.
 */
export function rotation(from: number): KeyAct {
  return async (key) => {
    const { document, highestVersion } = key;
    if ((activeVersionOf(document)?.version ?? 0) > from) return undefined;
    if (Math.max(highestVersion, document.versions.at(-1)?.version ?? 0) < from) {
      const message = `${document.externalKeyId} has no version ${from} to rotate from`;
      throw new KeyManagerError('conflict', message);
    }
    return headOf(document).origin === undefined ? generatedVersion(key) : releasedVersion(key);
  };
}

/** Takes the material of a version away; number and name stay. Done already where it has none. */
export function destruction(version: number): KeyAct {
  return ({ document }) => {
    const { externalKeyId, versions } = document;
    const stored = versions.find((each) => each.version === version);
    if (stored === undefined) {
      const message = `${externalKeyId} has no version ${version}`;
      return Promise.reject(new KeyManagerError('version-not-found', message));
    }
    if (stored.material === undefined) return Promise.resolve(undefined);
    const left = versions.map((each) => (each === stored ? withoutMaterial(each) : each));
    return Promise.resolve({ versions: left, erased: version });
  };
}

/** Material that was imported, and the version that it is for. */
export interface ImportedMaterial {
  readonly version: number;
  /** True for a version that does not encrypt before a rotation. */
  readonly waits: boolean;
  readonly key: KeyObject;
}

/** Puts imported material into a version. Done already where the version has the same. */
export function arrival(material: ImportedMaterial): KeyAct {
  return async (key) => {
    const { versions, document, keyPorts, sealingKey } = key;
    const index = document.versions.findIndex(({ version }) => version === material.version);
    const there = document.versions[index];
    if (there?.material !== undefined) {
      assertSame(material, versions.get(material.version), document.externalKeyId);
      return undefined;
    }
    if (there === undefined) assertNext(key, material);
    const active = activeVersionOf(document)?.version ?? 0;
    const named = {
      version: material.version,
      materialName: there?.materialName ?? newMaterialName(keyPorts.ports.randomBytes),
      createdAt: there?.createdAt ?? new Date(keyPorts.ports.clock.now()).toISOString(),
      ...(material.waits && material.version > active && { waits: true as const }),
    };
    const predecessor = document.versions.at(index === -1 ? -1 : index - 1);
    const made = await sealVersion(sealingKey, headOf(document), {
      named,
      predecessor: index === 0 ? undefined : predecessor,
      key: material.key,
    });
    const others = document.versions.filter((each) => each !== there);
    const budget = await budgetOf(key, made, active);
    return { versions: inOrder([...others, made.stored]), usable: usable(made.material, budget) };
  };
}

async function generatedVersion(key: ChangingKey): Promise<DocumentChange> {
  const { document, sealingKey, highestVersion, keyPorts } = key;
  const { ports } = keyPorts;
  const predecessor = document.versions.at(-1);
  const version = Math.max(highestVersion, predecessor?.version ?? 0) + 1;
  invariant(version <= MAX_KEY_VERSION, 'no version number is left');
  const { stored, material } = await makeVersion(sealingKey, headOf(document), {
    version,
    predecessor,
    createdAt: new Date(ports.clock.now()),
    randomBytes: ports.randomBytes,
  });
  const budget = await firstBudget(keyPorts, document.externalKeyId, material);
  return { versions: [...document.versions, stored], usable: usable(material, budget) };
}

/** @throws KeyManagerError `conflict` where no version waits */
async function releasedVersion(key: ChangingKey): Promise<DocumentChange> {
  const { document, versions, sealingKey, keyPorts } = key;
  const { externalKeyId } = document;
  const waiting = document.versions.findLast(waitsWithMaterial);
  const material = waiting && versions.get(waiting.version);
  if (waiting === undefined || material === undefined) {
    throw new KeyManagerError(
      'conflict',
      `${externalKeyId} has imported material, and none waits for a rotation: import further material first`,
    );
  }
  const index = document.versions.findIndex(({ version }) => version === waiting.version);
  const { version, materialName, createdAt } = waiting;
  const { stored } = await sealVersion(sealingKey, headOf(document), {
    named: { version, materialName, createdAt },
    predecessor: document.versions[index - 1],
    key: material.key,
  });
  const budget = await firstBudget(keyPorts, externalKeyId, material);
  const others = document.versions.map((each) => {
    if (each.version === version) return stored;
    return each.version < version ? released(each) : each;
  });
  return { versions: others, usable: usable(material, budget) };
}

/** One that has lost its material and still waits is overtaken by the one that does not. */
function released(stored: StoredVersion): StoredVersion {
  const { version, materialName, createdAt } = stored;
  return stored.waits === undefined ? stored : { version, materialName, createdAt };
}

async function budgetOf(
  { document, keyPorts }: ChangingKey,
  { stored, material }: NewVersion,
  active: number,
): Promise<EncryptionBudget> {
  const { externalKeyId } = document;
  if (stored.waits || stored.version < active) return EncryptionBudget.spent(0);
  if (stored.version > active) return firstBudget(keyPorts, externalKeyId, material);
  const version = { externalKeyId, version: material };
  return EncryptionBudget.spent(await keyPorts.place.reservedOf(version));
}

/** @throws KeyManagerError `conflict` */
function assertSame(
  { version, key }: ImportedMaterial,
  there: UsableVersion | undefined,
  externalKeyId: string,
): void {
  if (there?.key.equals(key)) return;
  throw new KeyManagerError(
    'conflict',
    `version ${version} of ${externalKeyId} has other material already`,
  );
}

/** @throws KeyManagerError `unsupported`, `conflict` */
function assertNext({ document }: ChangingKey, { version }: ImportedMaterial): void {
  const { externalKeyId, versions } = document;
  const next = (versions.at(-1)?.version ?? 0) + 1;
  if (version !== next) {
    throw new KeyManagerError(
      'unsupported',
      `material is imported into version ${next} of ${externalKeyId}, or one that has lost its own, not into version ${version}`,
    );
  }
  const waiting = versions.find(waitsWithMaterial);
  if (waiting === undefined) return;
  throw new KeyManagerError(
    'conflict',
    `version ${waiting.version} of ${externalKeyId} waits already: rotate the key to it first`,
  );
}

function waitsWithMaterial({ waits, material }: StoredVersion): boolean {
  return waits === true && material !== undefined;
}

function withoutMaterial({ version, materialName, createdAt, waits }: StoredVersion) {
  return { version, materialName, createdAt, ...(waits && { waits }) };
}

function inOrder(versions: readonly StoredVersion[]): StoredVersion[] {
  return [...versions].sort((a, b) => a.version - b.version);
}

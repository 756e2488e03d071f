import { MAX_KEY_VERSION } from '../../shared/key-material.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeySummary,
  type KeyVersion,
  type VersionSummary,
  type WrappingKey,
} from '../backend.js';

const MATERIAL_NAME_BYTES = 8;
const WRAPPING_KEY_ID = /^[A-Za-z0-9._-]{1,128}$/;
const ORIGINS: ReadonlySet<unknown> = new Set([undefined, 'generated', 'external']);
const MATERIALS: ReadonlySet<unknown> = new Set(['present', 'waiting', 'absent']);

/** Checks a description of a key. @throws KeyManagerError `internal`, naming the method */
export function checkedDescription(method: string, description: KeyDescription): KeyDescription {
  const { usage, versions, current } = description;
  demand(usage instanceof Set, `${method} answered a usage that is no Set`);
  demand(versions instanceof Map, `${method} answered versions that are no Map`);
  demand(
    [...versions].every(([number, version]) => isVersion(version) && version.version === number),
    `${method} answered a version without a number, or without a name of 8 bytes`,
  );
  demand(
    current === undefined || versions.has(current.version),
    `${method} answered a current version that is none of the versions`,
  );
  return description;
}

/** Checks a summary of a key. @throws KeyManagerError `internal`, naming the method */
export function checkedSummary(method: string, summary: KeySummary): KeySummary {
  const { description, createdAt, origin, versions = [] } = summary;
  demand(isObject(description), `${method} answered a summary without a description`);
  checkedDescription(method, description);
  demand(isDate(createdAt), `${method} answered a createdAt that is no Date`);
  demand(ORIGINS.has(origin), `${method} answered an origin that does not exist`);
  demand(Array.isArray(versions), `${method} answered versions of a summary that are no list`);
  for (const version of versions) assertVersionSummary(method, version);
  return summary;
}

/** Checks a list of summaries. @throws KeyManagerError `internal` */
export function checkedList(method: string, list: readonly KeySummary[]): readonly KeySummary[] {
  demand(Array.isArray(list), `${method} answered no list`);
  return list.map((summary) => checkedSummary(method, summary));
}

/** Checks a wrapping key. @throws KeyManagerError `internal` */
export function checkedWrappingKey({ wrappingKeyId, publicKey }: WrappingKey): WrappingKey {
  demand(
    WRAPPING_KEY_ID.test(wrappingKeyId),
    'createWrappingKey answered an id that is not 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-"',
  );
  demand(Buffer.isBuffer(publicKey), 'createWrappingKey answered a public key that is no Buffer');
  return { wrappingKeyId, publicKey };
}

/** @throws KeyManagerError `internal` */
export function demand(condition: boolean, message: string): void {
  if (!condition) throw new KeyManagerError('internal', `the module's ${message}`);
}

function assertVersionSummary(method: string, version: VersionSummary): void {
  demand(isVersion(version), `${method} answered a version of a summary without a number or name`);
  const { createdAt, encryptions = 0, material } = version;
  demand(isDate(createdAt), `${method} answered a createdAt that is no Date`);
  demand(Number.isFinite(encryptions), `${method} answered encryptions that are no number`);
  demand(MATERIALS.has(material), `${method} answered a material that does not exist`);
}

function isVersion({ version, materialName }: KeyVersion): boolean {
  const isNumber = Number.isInteger(version) && version >= 1 && version <= MAX_KEY_VERSION;
  return isNumber && Buffer.isBuffer(materialName) && materialName.length === MATERIAL_NAME_BYTES;
}

function isDate(value: unknown): boolean {
  return value === undefined || value instanceof Date;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

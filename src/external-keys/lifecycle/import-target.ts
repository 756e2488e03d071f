import type { ImportWay, KeyVersion } from '../../key-managers/backend.js';
import { type ImportedVersion, type ImportToken, MAX_IMPORTED_VERSIONS } from '../imported.js';
import type { KeyRecord } from '../record.js';
import { missingVersions, waitingVersion } from '../state-at.js';
import { hashOf, hasEnded } from './import-parameters.js';
import { nameOf } from './imported-key.js';
import { cannot } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

const FIRST_VERSION = 1;
/** Material of 32 bytes in AES Key Wrap with Padding (RFC 5649). */
const WRAPPED_BY_AES_BYTES = 40;
const BITS_A_BYTE = 8;

/** Material that is to be imported. */
export interface OfferedMaterial {
  readonly wrapped: Buffer;
  readonly importToken: Buffer;
  /** The end of its use; absent for material that does not expire. */
  readonly expiresAt?: Date | undefined;
  /** True for further material, which waits for a rotation. */
  readonly newVersion?: boolean | undefined;
  /** The version that it is for, where it could be several. */
  readonly version?: number | undefined;
}

/** The version that material is for. */
export interface ImportTarget {
  readonly version: number;
  readonly waits: boolean;
  /** The version as the record has it, where it has had its material once. */
  readonly before: ImportedVersion | undefined;
}

/**
 * Finds the token that permits an import, in the record of its key.
 *
 * @throws LifecycleError `invalid` for one that permits none, and for material of another length
 */
export function permittedBy(
  ports: LifecyclePorts,
  record: KeyRecord,
  { importToken, wrapped }: OfferedMaterial,
): ImportToken {
  const sha256 = hashOf(importToken);
  const token = record.importTokens?.find((each) => each.sha256 === sha256);
  if (token === undefined) throw notPermitted(ports, record, sha256);
  if (hasEnded(token, ports.clock.now())) {
    const message = `the import token has expired: it was valid until ${token.endsAt}`;
    throw new LifecycleError('invalid', `${message}. Get new import parameters`);
  }
  const expected = wrappedBytes(token.way);
  if (wrapped.length === expected) return token;
  throw new LifecycleError(
    'invalid',
    `the wrapped material has ${wrapped.length} bytes: 32 bytes that are wrapped by ` +
      `${nameOf(token.way)} have ${expected}. The token is not spent`,
  );
}

/**
 * Finds the version that material is for: the first, one that lacks its material, or a new one.
 *
 * @throws LifecycleError
 */
export function targetOf(
  ports: LifecyclePorts,
  record: KeyRecord,
  offered: OfferedMaterial,
  present: ReadonlyMap<number, KeyVersion>,
): ImportTarget {
  const { imports = [] } = record;
  if (offered.newVersion === true) return newVersionOf(ports, record, [...present.keys()]);
  if (imports.length === 0) return { version: FIRST_VERSION, waits: false, before: undefined };
  const { keyManager, capabilities } = ports;
  const again = capabilities['import-again'];
  if (!again.can) throw cannot(keyManager.name, 'import the same material again', again);
  const before = chosen(record, offered.version, missingVersions(record, ports.clock.now()));
  return { version: before.version, waits: false, before };
}

function newVersionOf(
  { keyManager, capabilities }: LifecyclePorts,
  record: KeyRecord,
  present: readonly number[],
): ImportTarget {
  const { externalKeyId, imports = [] } = record;
  const further = capabilities['import-further'];
  if (!further.can) throw cannot(keyManager.name, 'import further material', further);
  const waiting = waitingVersion(record);
  if (waiting !== undefined) {
    const message = `version ${waiting.version} of ${externalKeyId} waits already: rotate to it first`;
    throw new LifecycleError('conflict', message);
  }
  if (imports.length === 0) {
    const message = `${externalKeyId} has no material yet: import the first without a new version`;
    throw new LifecycleError('invalid-state', message);
  }
  if (imports.length >= MAX_IMPORTED_VERSIONS) {
    const message = `${externalKeyId} has ${imports.length} imported versions, and takes no more`;
    throw new LifecycleError('conflict', message);
  }
  const newest = Math.max(...imports.map(({ version }) => version), ...present);
  return { version: newest + 1, waits: true, before: undefined };
}

/** The version to import again: the one that is named, that is missing, or that is there alone. */
function chosen(
  { externalKeyId, imports = [] }: KeyRecord,
  named: number | undefined,
  missing: readonly ImportedVersion[],
): ImportedVersion {
  const choices = missing.length === 0 ? imports : missing;
  const found = named === undefined ? choices : imports.filter(({ version }) => version === named);
  // Nobody can tell whether the same is offered for one that has encrypted nothing yet.
  const [only, ...others] = found.filter(({ waits }) => waits === undefined);
  if (only !== undefined && others.length === 0) return only;
  const numbers = choices
    .filter(({ waits }) => waits === undefined)
    .map(({ version }) => version)
    .join(', ');
  throw new LifecycleError(
    'invalid',
    named === undefined
      ? `the material could be that of version ${numbers} of ${externalKeyId}: name the version`
      : `version ${named} of ${externalKeyId} cannot be imported again. These can: ${numbers}`,
  );
}

function wrappedBytes({ wrappingAlgorithm, wrappingKeySpec }: ImportWay): number {
  const modulusBytes = Number(wrappingKeySpec.slice('RSA_'.length)) / BITS_A_BYTE;
  return wrappingAlgorithm === 'RSAES_OAEP_SHA_256'
    ? modulusBytes
    : modulusBytes + WRAPPED_BY_AES_BYTES;
}

function notPermitted(
  { records }: LifecyclePorts,
  { externalKeyId }: KeyRecord,
  sha256: string,
): LifecycleError {
  const owner = records
    .list()
    .find(({ value }) => value.kind === 'key' && value.importTokens?.some(isIt(sha256)));
  return new LifecycleError(
    'invalid',
    owner === undefined
      ? `the import token is none of ${externalKeyId}: it was spent, has expired, or is of another ` +
          'key. Get new import parameters'
      : `the import token is of another key, ${owner.value.externalKeyId}`,
  );
}

function isIt(sha256: string): (token: ImportToken) => boolean {
  return (token) => token.sha256 === sha256;
}

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { scryptParametersSchema } from '../../../sealing/scrypt-parameters.js';
import type { Binding } from '../../../sealing/seal.js';
import { isExternalKeyId } from '../../../xks/external-key-id.js';
import { fileNameOf } from '../../counting/key-names.js';
import { sixteenHexDigits, versionFields } from '../../counting/version-fields.js';

const versionSchema = z.strictObject({
  ...versionFields,
  createdAt: z.iso.datetime(),
  /** Compact JWE over the 32 bytes of material. */
  material: z.string(),
});

/** Of format 2: number, name and date stay when material goes, for the chain of bindings. */
const barableVersionSchema = versionSchema.partial({ material: true }).extend({
  /** Present for imported material that does not encrypt before a rotation. */
  waits: z.literal(true).optional(),
});

/** The words of a document about the master key that it is sealed under. */
export const sealingSchema = z.strictObject({
  masterKeyId: sixteenHexDigits,
  scrypt: scryptParametersSchema.optional(),
});

const head = {
  externalKeyId: z.string().refine(isExternalKeyId, 'must be an external key id'),
  usage: z.union([
    z.tuple([]),
    z.tuple([z.literal('ENCRYPT')]),
    z.tuple([z.literal('DECRYPT')]),
    z.tuple([z.literal('ENCRYPT'), z.literal('DECRYPT')]),
  ]),
  createdAt: z.iso.datetime(),
  sealing: sealingSchema,
};

/** The newest format of key documents. A document without a gap is written in format 1. */
const NEWEST_FORMAT = 2;

/** A key document of either format. */
export const keyDocumentSchema = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal(1), ...head, versions: inOrder(versionSchema).min(1) }),
  z
    .strictObject({
      format: z.literal(2),
      ...head,
      /** Absent for material that the key manager makes by itself. */
      origin: z.literal('external').optional(),
      versions: inOrder(barableVersionSchema),
      /** Compact JWE over nothing, bound to the rest of the document: it stands for material. */
      seal: z.string().optional(),
    })
    .refine(
      ({ origin, versions }) => origin !== undefined || versions.length > 0,
      'has no versions',
    ),
]);

/** One key as it is stored. Changed by administrative acts and by rotation alone. */
export type KeyDocument = Readonly<z.infer<typeof keyDocumentSchema>>;

/** One version of a key as it is stored; without `material`, that is gone or has yet to come. */
export type StoredVersion = Readonly<z.infer<typeof barableVersionSchema>>;

/** The fields of a document that its versions are bound to. */
export interface KeyHead
  extends Pick<KeyDocument, 'externalKeyId' | 'usage' | 'createdAt' | 'sealing'> {
  readonly origin?: 'external' | undefined;
}

/** The fields of a document that stay when its versions change. */
export function headOf(document: KeyDocument): KeyHead {
  const { externalKeyId, usage, createdAt, sealing } = document;
  const origin = document.format === NEWEST_FORMAT ? document.origin : undefined;
  return { externalKeyId, usage, createdAt, sealing, ...(origin && { origin }) };
}

/**
 * Makes a document, of format 1 where every version has generated material: older programs read
 * that.
 *
 * @param seal makes the seal of a document of format 2
 */
export async function keyDocumentOf(
  head: KeyHead,
  versions: readonly StoredVersion[],
  seal: (binding: Binding) => Promise<string>,
): Promise<KeyDocument> {
  const whole = versions.flatMap(({ material, waits, ...version }) =>
    material === undefined || waits ? [] : [{ ...version, material }],
  );
  if (head.origin === undefined && whole.length === versions.length) {
    const { externalKeyId, usage, createdAt, sealing } = head;
    return { format: 1, externalKeyId, usage, createdAt, sealing, versions: whole };
  }
  const sealed = await seal(sealBindingOf(head, versions));
  return { format: NEWEST_FORMAT, ...head, versions: [...versions], seal: sealed };
}

/** The version that encrypts, or would if it had its material; undefined before a first import. */
export function activeVersionOf({ versions }: Pick<KeyDocument, 'versions'>) {
  return versions.findLast((version: StoredVersion) => version.waits === undefined);
}

/** The identity of a version: its number, and the name of its material in hexadecimal. */
export type VersionName = Pick<StoredVersion, 'version' | 'materialName'>;

/**
 * A key's document cannot be trusted, or not read by this version. The message says why, for an
 * operator.
 */
export class DamagedDocumentError extends Error {
  override readonly name = 'DamagedDocumentError';
}

/**
 * Reads a key document, believing nothing: one that lies under another key's name is as damaged
 * as one that was cut.
 *
 * @throws DamagedDocumentError
 */
export function parseKeyDocument(fileName: string, text: string): KeyDocument {
  const value = parseJson(text);
  refuseNewerFormat(value);
  const result = keyDocumentSchema.safeParse(value);
  if (!result.success) {
    throw new DamagedDocumentError(`not a key document: ${inOneLine(result.error)}`);
  }
  const document = result.data;
  if (fileNameOf(document.externalKeyId) !== fileName) {
    throw new DamagedDocumentError(
      `the document of ${document.externalKeyId} lies under a name that is not its own`,
    );
  }
  return document;
}

/** The text of a key document: for people too, so indented. */
export function renderKeyDocument(document: KeyDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The context of a document's seal: all that its versions are bound to, which there are, and of
 * which the material is not there. So nobody without the master key takes material away unnoticed.
 */
export function sealBindingOf(
  { externalKeyId, usage, createdAt, origin }: KeyHead,
  versions: readonly StoredVersion[],
): Binding {
  return {
    document: 'external key',
    externalKeyId,
    usage,
    createdAt,
    origin: origin ?? 'generated',
    versions: versions.map(
      ({ version, materialName, material }) =>
        `${String(version)} ${materialName}${material === undefined ? ' without material' : ''}`,
    ),
  };
}

/**
 * The context that a version's material is sealed to: every field of the document that says
 * something of it, and the version before it. So a version that has a successor cannot be taken
 * out, moved or exchanged; only the end of the list is open.
 *
 * @param predecessor undefined for the first version of the document
 */
export function bindingOf(
  head: Omit<KeyHead, 'sealing'>,
  version: Omit<StoredVersion, 'material'>,
  predecessor: VersionName | undefined,
): Binding {
  return {
    externalKeyId: head.externalKeyId,
    usage: head.usage,
    createdAt: head.createdAt,
    ...(head.origin && { origin: head.origin }),
    ...(version.waits && { waits: 'for rotation' }),
    version: version.version,
    materialName: version.materialName,
    versionCreatedAt: version.createdAt,
    ...(predecessor && {
      previousVersion: predecessor.version,
      previousMaterialName: predecessor.materialName,
    }),
  };
}

function refuseNewerFormat(value: unknown): void {
  const format = z.looseObject({ format: z.int() }).safeParse(value).data?.format ?? 0;
  if (format <= NEWEST_FORMAT) return;
  throw new DamagedDocumentError(
    `made by a newer version of Holdfast: format ${format}, while this one reads up to ${NEWEST_FORMAT}`,
  );
}

function inOrder<Version extends typeof versionSchema | typeof barableVersionSchema>(
  version: Version,
) {
  return z.array(version).refine(isAscending, 'must be in the order of their numbers, each once');
}

/**
 * Checks that a document goes on from an earlier one: versions are added, and never taken out,
 * generated material that was destroyed stays so, and it stays under its master key.
 *
 * @throws DamagedDocumentError
 */
export function assertFollows(document: KeyDocument, earlier: KeyDocument): void {
  const [{ masterKeyId, scrypt }, before] = [document.sealing, earlier.sealing];
  if (masterKeyId !== before.masterKeyId || !isDeepStrictEqual(scrypt, before.scrypt)) {
    throw new DamagedDocumentError('it names another master key, or another salt, than before');
  }
  const versions: readonly StoredVersion[] = earlier.versions;
  const mayComeBack = headOf(earlier).origin !== undefined;
  for (const [index, { version, materialName, material }] of versions.entries()) {
    const now = document.versions[index];
    if (now?.materialName !== materialName) {
      throw new DamagedDocumentError(`version ${version} is not in the document any more`);
    }
    if (material !== undefined || now.material === undefined || mayComeBack) continue;
    throw new DamagedDocumentError(`the material of version ${version} was destroyed, and is back`);
  }
}

function inOneLine({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DamagedDocumentError('not JSON', { cause });
  }
}

function isAscending(versions: readonly { readonly version: number }[]): boolean {
  return versions.every(({ version }, index) => version > (versions[index - 1]?.version ?? 0));
}

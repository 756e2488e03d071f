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
const barableVersionSchema = versionSchema.partial({ material: true });

const head = {
  externalKeyId: z.string().refine(isExternalKeyId, 'must be an external key id'),
  usage: z.union([
    z.tuple([]),
    z.tuple([z.literal('ENCRYPT')]),
    z.tuple([z.literal('DECRYPT')]),
    z.tuple([z.literal('ENCRYPT'), z.literal('DECRYPT')]),
  ]),
  createdAt: z.iso.datetime(),
  sealing: z.strictObject({
    masterKeyId: sixteenHexDigits,
    scrypt: scryptParametersSchema.optional(),
  }),
};

/** The newest format of key documents. A document without a gap is written in format 1. */
const NEWEST_FORMAT = 2;

/** A key document of either format. */
export const keyDocumentSchema = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal(1), ...head, versions: inOrder(versionSchema) }),
  z.strictObject({ format: z.literal(2), ...head, versions: inOrder(barableVersionSchema) }),
]);

/** One key as it is stored. Changed by administrative acts and by rotation alone. */
export type KeyDocument = Readonly<z.infer<typeof keyDocumentSchema>>;

/** One version of a key as it is stored; without `material`, that is gone or has yet to come. */
export type StoredVersion = Readonly<z.infer<typeof barableVersionSchema>>;

/** The fields of a document that its versions are bound to. */
export type KeyHead = Pick<KeyDocument, 'externalKeyId' | 'usage' | 'createdAt' | 'sealing'>;

/** Makes a document, of format 1 where every version has its material: older programs read that. */
export function keyDocumentOf(
  { externalKeyId, usage, createdAt, sealing }: KeyHead,
  versions: readonly StoredVersion[],
): KeyDocument {
  const fields = { externalKeyId, usage, createdAt, sealing };
  const whole = versions.flatMap(({ material, ...version }) =>
    material === undefined ? [] : [{ ...version, material }],
  );
  return whole.length === versions.length
    ? { format: 1, ...fields, versions: whole }
    : { format: NEWEST_FORMAT, ...fields, versions: [...versions] };
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
 * The context that a version's material is sealed to: every field of the document that says
 * something of it, and the version before it. So a version that has a successor cannot be taken
 * out, moved or exchanged; only the end of the list is open.
 *
 * @param predecessor undefined for the first version of the document
 */
export function bindingOf(
  document: Pick<KeyDocument, 'externalKeyId' | 'usage' | 'createdAt'>,
  version: Pick<StoredVersion, 'version' | 'materialName' | 'createdAt'>,
  predecessor: VersionName | undefined,
): Binding {
  return {
    externalKeyId: document.externalKeyId,
    usage: document.usage,
    createdAt: document.createdAt,
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
  return z
    .array(version)
    .min(1)
    .refine(isAscending, 'must be in the order of their numbers, each once');
}

/**
 * Checks that a document goes on from an earlier one: versions are added, and never taken out.
 *
 * @throws DamagedDocumentError
 */
export function assertFollows(document: KeyDocument, earlier: KeyDocument): void {
  for (const [index, { version, materialName }] of earlier.versions.entries()) {
    if (document.versions[index]?.materialName === materialName) continue;
    throw new DamagedDocumentError(`version ${version} is not in the document any more`);
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

import { z } from 'zod';
import { parsedJson } from '../../../shared/parsed-json.js';
import { isExternalKeyId } from '../../../xks/external-key-id.js';

const destroyedSchema = z.strictObject({
  format: z.literal(2),
  externalKeyId: z.string().refine(isExternalKeyId),
  destroyedAt: z.iso.datetime(),
});

/**
 * The document that takes the place of a key's when that is destroyed. Nothing is left of the key
 * from then on, and whoever finds it finishes the destruction.
 */
export type DestroyedDocument = Readonly<z.infer<typeof destroyedSchema>>;

/** @returns undefined for any other text */
export function parseDestroyedDocument(text: string): DestroyedDocument | undefined {
  return destroyedSchema.safeParse(parsedJson(text)).data;
}

/** The text of such a document. */
export function renderDestroyedDocument(document: DestroyedDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

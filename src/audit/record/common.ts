import { z } from 'zod';

/**
 * Version of the record's schema. A field that is added does not change it; one that changes
 * meaning does.
 */
export const SCHEMA_VERSION = 1;

/** SHA-256 in standard base64. */
export const sha256Schema = z.base64().length(44);

/** A count, or a number counted from 0. */
export const countSchema = z.int().min(0);

/** UTC, in milliseconds. */
export const timeSchema = z.iso.datetime({ precision: 3 });

/** The envelope of every record: the part that the log itself writes comes first, in this order. */
export const envelope = {
  schema: z.literal(SCHEMA_VERSION).describe('Version of this schema.'),
  sequence: countSchema.describe(
    'The number of the record in its log, from 0, without a gap. It is the index of its leaf in the Merkle tree.',
  ),
  previous: sha256Schema
    .optional()
    .describe(
      'RFC 6962 leaf hash of the record before: SHA-256 over the byte 0x00 and its line without the line feed. ' +
        'Absent in record 0.',
    ),
  time: timeSchema.describe('When the record was made.'),
  replica: z.string().describe('The replica that writes this log, as it is configured.'),
  cut: z
    .array(z.string())
    .optional()
    .describe(
      'Names of the fields that were cut, because no record is longer than 65,535 bytes: a text that was cut ends in `...`, a list has lost its last entries.',
    ),
};

/** The result of an act or a request. */
export const resultSchema = z
  .enum(['success', 'failure'])
  .describe('Whether what was asked for was done.');

/** A text that a record may be without. */
export function optionalText(description: string) {
  return z.string().optional().describe(description);
}

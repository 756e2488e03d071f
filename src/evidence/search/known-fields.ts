import { auditRecordSchema } from '../../audit/record/index.js';
import type { Condition } from './condition.js';

/**
 * Finds the fields of conditions that no record of this version of Holdfast has: mistyped, or of a
 * later version. What lies below a field is not looked at.
 */
export function unknownFields(conditions: readonly Condition[]): readonly string[] {
  const known = new Set(auditRecordSchema.options.flatMap(({ shape }) => Object.keys(shape)));
  const fields = conditions.map(({ path }) => path.split('.')[0] ?? path);
  return fields.filter((field) => !known.has(field));
}

import { z } from 'zod';
import { administrativeActSchema, keyInventorySchema } from './administration.js';
import {
  configurationSchema,
  gapSchema,
  lateSyncSchema,
  omittedSchema,
  recoverySchema,
  retentionSchema,
  segmentSchema,
  sinkGapSchema,
  startSchema,
  stopSchema,
} from './process.js';
import {
  abandonedSchema,
  healthCheckSchema,
  keyOperationSchema,
  unauthenticatedSchema,
} from './request.js';

export { SCHEMA_VERSION } from './common.js';

/** Every record that can stand in the log, one line each. */
export const auditRecordSchema = z.discriminatedUnion('type', [
  keyOperationSchema,
  healthCheckSchema,
  unauthenticatedSchema,
  abandonedSchema,
  administrativeActSchema,
  keyInventorySchema,
  startSchema,
  stopSchema,
  configurationSchema,
  recoverySchema,
  gapSchema,
  lateSyncSchema,
  omittedSchema,
  segmentSchema,
  retentionSchema,
  sinkGapSchema,
]);

/** One record of the log. */
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** What kind of record it is. */
export type AuditRecordType = AuditRecord['type'];

/** A record of one kind. */
export type RecordOf<Type extends AuditRecordType> = Extract<AuditRecord, { type: Type }>;

/** A record of a request, authenticated or not. */
export type RequestAuditRecord = RecordOf<'key-operation' | 'health-check' | 'unauthenticated'>;

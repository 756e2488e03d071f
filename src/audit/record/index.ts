import { z } from 'zod';
import { administrativeActSchema, keyInventorySchema } from './administration.js';
import {
  configurationRecordSchema,
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
import type { envelope } from './common.js';
import { eventSchema } from './event.js';
import {
  abandonedSchema,
  healthCheckSchema,
  keyOperationSchema,
  type requestFields,
  unauthenticatedSchema,
} from './request.js';

export { SCHEMA_VERSION } from './common.js';

/** The schemas of all records of the log. A record is one line. */
export const auditRecordSchema = z.discriminatedUnion('type', [
  keyOperationSchema,
  healthCheckSchema,
  unauthenticatedSchema,
  abandonedSchema,
  administrativeActSchema,
  keyInventorySchema,
  eventSchema,
  startSchema,
  stopSchema,
  configurationRecordSchema,
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

/** The type of a record. */
export type AuditRecordType = AuditRecord['type'];

/** A record of one kind. */
export type RecordOf<Type extends AuditRecordType> = Extract<AuditRecord, { type: Type }>;

/** The fields that the log itself writes into every record. */
type Envelope = keyof typeof envelope | 'type';

/** The fields of a type of record beside the envelope. */
export type FieldsOf<Type extends AuditRecordType> = {
  readonly [Name in keyof Omit<RecordOf<Type>, Envelope>]: RecordOf<Type>[Name];
};

/** The fields of a request's record, undefined where nothing is known. */
export type RequestFields = {
  readonly [Name in keyof typeof requestFields]: FieldsOf<'key-operation'>[Name] | undefined;
};

/** The types of record that a request can get. */
export type RequestRecordType = 'key-operation' | 'health-check' | 'unauthenticated';

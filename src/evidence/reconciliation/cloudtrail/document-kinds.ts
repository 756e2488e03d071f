import { z } from 'zod';
import { eventOrEnvelope, logged, lookedUp, queriedRow } from './carriers.js';

/** A kind of JSON document that carries events in an array. */
export interface DocumentKind {
  readonly name: string;
  /** Names of the fields that may stand beside the array. */
  readonly rest: z.ZodType<DocumentRest>;
  /** The event that an element carries; `undefined` where it is not CloudTrail's. */
  readonly event: (element: unknown) => unknown;
}

const optional = z.unknown().optional();
const token = z.string().nullish();
/** Fields that SDKs add to an answer. */
const ofAnswer = { ResponseMetadata: optional, $metadata: optional };

const restSchema = z.object({
  NextToken: token,
  nextToken: token,
  messageType: z.string().optional(),
  QueryStatistics: z.object({ TotalResultsCount: z.number().optional() }).optional(),
});

/** The part of a document, beside its array, that says whether it is whole. */
export type DocumentRest = z.infer<typeof restSchema>;

function rest(fields: z.ZodRawShape): z.ZodType<DocumentRest> {
  return z.strictObject(fields).pipe(restSchema);
}

/**
 * Kinds of documents by the field that holds the array.
 *
 * @see AWS CloudTrail API Reference, LookupEvents and GetQueryResults; Amazon CloudWatch Logs API
 *   Reference, FilterLogEvents; Amazon CloudWatch Logs User Guide, "Real-time processing of log
 *   data with subscriptions"
 */
export const DOCUMENT_KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  ['', { name: 'an array of events', rest: restSchema, event: eventOrEnvelope }],
  ['Records', { name: 'a log file', rest: rest({}), event: (element: unknown) => element }],
  [
    'Events',
    {
      name: 'an answer of lookup-events',
      rest: rest({ NextToken: token, ...ofAnswer }),
      event: lookedUp,
    },
  ],
  [
    'QueryResultRows',
    {
      name: 'an answer of get-query-results',
      rest: rest({
        QueryStatus: z.literal('FINISHED'),
        QueryStatistics: restSchema.shape.QueryStatistics,
        NextToken: token,
        ErrorMessage: z.literal('').nullish(),
        ...ofAnswer,
      }),
      event: queriedRow,
    },
  ],
  [
    'events',
    {
      name: 'an answer of filter-log-events',
      rest: rest({
        searchedLogStreams: z
          .array(z.looseObject({ searchedCompletely: z.literal(true).optional() }))
          .optional(),
        nextToken: token,
        NextToken: token,
        ...ofAnswer,
      }),
      event: logged,
    },
  ],
  [
    'logEvents',
    {
      name: 'data of a CloudWatch Logs subscription',
      rest: rest({
        messageType: z.enum(['DATA_MESSAGE', 'CONTROL_MESSAGE']),
        owner: z.string(),
        logGroup: z.string(),
        logStream: z.string(),
        subscriptionFilters: z.array(z.string()),
        policyLevel: optional,
      }),
      event: logged,
    },
  ],
]);

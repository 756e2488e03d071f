import type { Clock } from '../../shared/clock.js';
import type { KmsEvent } from './cloudtrail/kms-event.js';
import { readCloudTrail } from './cloudtrail/read-cloudtrail.js';
import { EventIndex } from './event-index.js';
import { type LogSurvey, recordsOf, surveyLogs } from './log-survey.js';
import { findMissing } from './missing-calls.js';
import { findNotCompared, verdictOf } from './not-compared.js';
import type { Reconciliation } from './outcome.js';
import { isNear, type Period } from './period.js';
import { UsedCalls, type ComparedEvents, type UsedCallsResult } from './used-calls.js';

/** The sides of a reconciliation, and its limits. */
export interface ReconciliationInput {
  /** CloudTrail files, and folders of them. */
  readonly cloudTrail: readonly string[];
  /** Folders of audit logs, one a replica. */
  readonly logs: readonly string[];
  readonly period: Period;
  /** Ids of the custom key stores that this proxy serves; empty for all that the input has. */
  readonly customKeyStores: readonly string[];
  /**
   * Time at which the CloudTrail input was collected, in ms since 1970; default: its newest event.
   */
  readonly collectedAt: number | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Compares what the audit logs say was done here with what CloudTrail says was asked of KMS. It
 * reads the logs twice and CloudTrail once. In memory it keeps the events of keys in external key
 * stores, of the period alone.
 *
 * @throws ReconciliationInputError, which names the file or the folder
 */
export async function reconcile(options: ReconciliationInput): Promise<Reconciliation> {
  const { period, customKeyStores } = options;
  const survey = await surveyLogs(options.logs);
  const index = new EventIndex();
  const input = await readCloudTrail(options.cloudTrail, (event) => {
    if (isNear(period, event.time) && isOfExternalKey(event, survey)) index.add(event);
  });
  const { coverage } = input;
  const now = options.clock.now();
  const collectedAt = Math.min(options.collectedAt ?? coverage.newest ?? now, now);
  const used = await lookUpCalls(survey, { index, coverage, period, collectedAt });
  const missing = findMissing(index, survey, { period, customKeyStores });
  const { repeatedTooOften } = used.matched;
  const alarms = used.withoutEvent.count + missing.alarming.count + repeatedTooOften.count;
  const notCompared = findNotCompared({
    alarming: alarms > 0,
    matchedCalls: used.matched.calls,
    customKeyStores,
    idsInInput: index.customKeyStoreIds(),
    notCovered: used.notCovered,
  });
  return {
    verdict: verdictOf(alarms > 0, notCompared),
    notCompared,
    alarming: alarms > 0,
    range: { from: isoTime(period.from), to: isoTime(period.to) },
    matched: used.matched,
    usedHereWithoutCloudTrailEvent: used.withoutEvent,
    inCloudTrailNeverArrivedHere: missing.alarming,
    explained: missing.explained,
    pending: used.pending,
    notCovered: used.notCovered,
    cloudTrail: {
      files: input.files,
      events: input.events,
      externalKeyEvents: index.size,
      repetitions: index.repeats,
      withoutRequestId: input.withoutRequestId,
      collectedAt: new Date(collectedAt).toISOString(),
      places: coverage.places(),
    },
    logs: survey.logs,
  };
}

/** Tells whether an event can have a call in the logs; events of keys of KMS itself have none. */
function isOfExternalKey({ ofExternalKeyStore, calls }: KmsEvent, { keys }: LogSurvey): boolean {
  return ofExternalKeyStore || calls.some(({ key }) => key !== undefined && keys.has(key));
}

async function lookUpCalls({ logs }: LogSurvey, options: ComparedEvents): Promise<UsedCallsResult> {
  const calls = new UsedCalls(options);
  for (const { directory } of logs) {
    for await (const record of recordsOf(directory)) {
      // Health checks touch no key of a customer, and who was not authenticated touched none at
      // all.
      if (record.type === 'key-operation') calls.add(record, directory);
    }
  }
  return calls.result();
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

import type { RecordOf } from '../../audit/record/index.js';
import type { CoveredPlace } from './cloudtrail/coverage.js';
import type { SurveyedLog } from './log-survey.js';

/** The reasons for a use of a key without an event. */
export type WithoutEvent =
  | 'no-event'
  /** An event has the request id, but it stands for another operation. */
  | 'other-operation'
  /** An event has the request id and the operation, but it names another key. */
  | 'other-key'
  /** An event has all that is compared, but it is of another time. */
  | 'other-time'
  /**
   * The event is another call's, which is the same but for its additional authenticated data or
   * ciphertext.
   */
  | 'other-input'
  /** KMS always sends a request id, so this was not KMS. */
  | 'no-request-id';

/** The fields of its record that a call of the proxy is told with. */
export const CALL_FIELDS = [
  'time',
  'sequence',
  'kmsRequestId',
  'operation',
  'kmsOperation',
  'kmsKeyArn',
  'keyStore',
  'externalKeyId',
  'awsPrincipalArn',
  'accessKeyId',
  'clientAddress',
  'result',
  'errorName',
] as const;

/** A call of the proxy, out of the audit log. */
export interface UsedHere
  extends Readonly<Pick<RecordOf<'key-operation'>, (typeof CALL_FIELDS)[number]>> {
  /** The folder of the log. */
  readonly log: string;
}

/** A call of the proxy that no event explains. */
export interface UsedWithoutEvent extends UsedHere {
  readonly why: WithoutEvent;
}

/** A call of KMS, out of CloudTrail, whose call of the proxy no audit log has. */
export interface NeverArrived {
  readonly time: string;
  readonly requestId: string;
  readonly eventName: string;
  /** Calls of the proxy that are missing. */
  readonly operations: readonly string[];
  readonly keys: readonly string[];
  readonly externalKeyIds: readonly string[];
  readonly customKeyStoreIds: readonly string[];
  readonly principal: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/** A count, and the first of what was counted, in the order in which they were found. */
export interface Listed<Item> {
  readonly count: number;
  /** 10,000 at most. */
  readonly first: readonly Item[];
}

/** Calls of an account and a region that the CloudTrail input does not speak for. */
export interface NotCovered {
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** `no-input`: nothing was given for it. `before-input`: what was given begins later. */
  readonly why: 'no-input' | 'before-input';
  readonly calls: number;
  readonly oldest: string;
  readonly newest: string;
}

/** Calls that were matched to events. */
export interface Matched {
  /** Calls of the proxy, those that repeat another not counted. */
  readonly calls: number;
  /** Number of the matched calls whose event says that KMS failed or refused. */
  readonly failedInKms: number;
  /**
   * Further calls of the same request, operation, key and input: KMS repeats one that timed out.
   */
  readonly repeats: number;
  /** Events with more than one repeat of a call, which KMS does not do. */
  readonly repeatedTooOften: Listed<{ readonly requestId: string; readonly calls: number }>;
}

/** Events without a call here that need no alarm, by the reason. */
export interface ExplainedEvents {
  /**
   * KMS answered with an error, so it may have refused before it asked the proxy; by error code.
   */
  readonly failedInKms: Readonly<Record<string, number>>;
  /** Older than the logs. */
  readonly beforeLog: number;
  /** Newer than the logs. */
  readonly afterLog: number;
  /** In a time in which the proxy answered without records, as the log itself says. */
  readonly inGap: number;
  /** Events of a custom key store that was not asked about. */
  readonly otherKeyStore: number;
}

/** Something that was given to be compared, and that nothing was compared of. */
export type NotCompared =
  /** The whole comparison: no call has an event, and no event is missing a call. */
  | { readonly what: 'everything' }
  /** An id of a custom key store that no event has. */
  | {
      readonly what: 'custom-key-store';
      readonly id: string;
      /** Ids that events have, 20 at most. */
      readonly idsInInput: readonly string[];
    }
  /** An account and region with calls and without CloudTrail input. */
  | {
      readonly what: 'place';
      readonly account: string | undefined;
      readonly region: string | undefined;
      readonly calls: number;
    };

/**
 * The verdict of a comparison. `matched`: it compared something, and nothing is alarming;
 * `alarmed`: something needs a look; `nothing-compared`: nothing is alarming, because something was
 * not compared at all.
 */
export type Verdict = 'matched' | 'alarmed' | 'nothing-compared';

/** The result of a reconciliation. */
export interface Reconciliation {
  readonly verdict: Verdict;
  readonly notCompared: readonly NotCompared[];
  /** True when a list of alarms, or the list of repeats, is not empty. */
  readonly alarming: boolean;
  readonly range: { readonly from: string | undefined; readonly to: string | undefined };
  readonly matched: Matched;
  readonly usedHereWithoutCloudTrailEvent: Listed<UsedWithoutEvent>;
  readonly inCloudTrailNeverArrivedHere: Listed<NeverArrived>;
  readonly explained: ExplainedEvents;
  readonly pending: Listed<UsedHere>;
  readonly notCovered: readonly NotCovered[];
  readonly cloudTrail: {
    readonly files: number;
    readonly events: number;
    /** Events of keys in external key stores, without repetitions. */
    readonly externalKeyEvents: number;
    readonly repetitions: number;
    /** Calls of KMS without a request id, which nothing can be joined to. */
    readonly withoutRequestId: number;
    readonly collectedAt: string;
    readonly places: readonly CoveredPlace[];
  };
  readonly logs: readonly SurveyedLog[];
}

import { asksProxy, type ExpectedCall } from './cloudtrail/kms-event.js';
import type { EventIndex, IndexedEvent } from './event-index.js';
import { Listing } from './listing.js';
import type { LogSurvey } from './log-survey.js';
import type { ExplainedEvents, Listed, NeverArrived } from './outcome.js';
import { isWithin, type Period } from './period.js';

/** CloudTrail tells whole seconds, and the log milliseconds. */
const SECOND_MS = 1000;

/** The part of CloudTrail that is to be looked at. */
export interface EventScope {
  readonly period: Period;
  /** Ids of custom key stores; empty for all. */
  readonly customKeyStores: readonly string[];
}

/** Events without all of their calls. */
export interface MissingCalls {
  readonly alarming: Listed<NeverArrived>;
  readonly explained: ExplainedEvents;
}

/** Finds events whose calls no log has, and what may explain it. Comes after all the calls. */
export function findMissing(index: EventIndex, survey: LogSurvey, scope: EventScope): MissingCalls {
  const alarming = new Listing<NeverArrived>();
  const explained = { beforeLog: 0, afterLog: 0, inGap: 0, otherKeyStore: 0 };
  const failedInKms: Record<string, number> = {};
  const gaps = survey.gaps.map((gap) => ({ ...gap }));
  for (const event of index) {
    const missing = missingCalls(event, survey);
    if (missing.length === 0 || !isWithin(scope.period, event.time)) continue;
    const { errorCode } = event.caller;
    const why = explanation(event, survey, scope);
    if (why !== undefined) explained[why] += 1;
    else if (errorCode !== undefined) failedInKms[errorCode] = (failedInKms[errorCode] ?? 0) + 1;
    else if (takeFromGap(gaps, event)) explained.inGap += 1;
    else alarming.add(neverArrived(event, missing));
  }
  return { alarming: alarming.listed(), explained: { failedInKms, ...explained } };
}

/**
 * Calls of the event that should be in a log. ReEncrypt may have a key of KMS itself on one side:
 * then only the call with the key that was ever used here is to be expected.
 */
function missingCalls(event: IndexedEvent, { keys }: LogSurvey): readonly ExpectedCall[] {
  const { eventName, calls } = event.act;
  if (!asksProxy(eventName)) return [];
  const unfound = calls.filter((_, at) => event.found(at) === 0);
  const isKnown = ({ key }: ExpectedCall): boolean => key !== undefined && keys.has(key);
  if (calls.some(isKnown)) return unfound.filter(isKnown);
  return unfound.length < calls.length ? [] : calls;
}

function explanation(
  { time, act: { customKeyStoreIds } }: IndexedEvent,
  { oldest, newest }: LogSurvey,
  { customKeyStores }: EventScope,
): 'otherKeyStore' | 'beforeLog' | 'afterLog' | undefined {
  if (customKeyStores.length > 0 && customKeyStoreIds.length > 0) {
    const asked = customKeyStoreIds.some((id) => customKeyStores.includes(id));
    if (!asked) return 'otherKeyStore';
  }
  if (time < oldest) return 'beforeLog';
  return time + SECOND_MS > newest ? 'afterLog' : undefined;
}

/** A gap explains no more events than the requests that the log says were answered in it. */
function takeFromGap(
  gaps: { from: number; to: number; served: number }[],
  { time }: IndexedEvent,
): boolean {
  const gap = gaps.find(({ from, to, served }) => {
    return served > 0 && time > from - SECOND_MS && time <= to + SECOND_MS;
  });
  if (gap === undefined) return false;
  gap.served -= 1;
  return true;
}

function neverArrived(event: IndexedEvent, missing: readonly ExpectedCall[]): NeverArrived {
  const { eventName, account, region, externalKeyIds, customKeyStoreIds } = event.act;
  const keys = missing.map(({ key }) => key).filter((key) => key !== undefined);
  return {
    time: new Date(event.time).toISOString(),
    requestId: event.requestId,
    eventName,
    operations: missing.map(({ operation }) => operation ?? 'any'),
    keys: [...new Set(keys)],
    externalKeyIds,
    customKeyStoreIds,
    principal: event.caller.principal,
    account,
    region,
  };
}

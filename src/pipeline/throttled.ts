import { QUOTA_HOLDERS, type Exceeded, type QuotaHolder } from '../key-stores/quotas/quotas.js';
import { XksError } from '../xks/errors.js';

/**
 * The reasons to answer with ThrottlingException: a quota, by its holder; a key manager that cannot
 * keep up; an overload of this process.
 */
export const THROTTLE_REASONS = [
  ...QUOTA_HOLDERS.map((holder) => `quota-${holder}` as const),
  'key-manager',
  'overload',
] as const;

/** One of {@link THROTTLE_REASONS}. */
export type ThrottleReason = (typeof THROTTLE_REASONS)[number];

/** A request that is refused because there are too many. */
export class ThrottledError extends XksError {
  readonly throttledBy: ThrottleReason;

  /** @param reason for the operator */
  constructor(throttledBy: ThrottleReason, message: string, reason: string) {
    super('ThrottlingException', message, { reason });
    this.throttledBy = throttledBy;
  }
}

/** Tells why a request was throttled; undefined for every other error. */
export function throttleReasonOf(error: XksError): ThrottleReason | undefined {
  if (error instanceof ThrottledError) return error.throttledBy;
  return error.errorName === 'ThrottlingException' ? 'key-manager' : undefined;
}

const HOLDERS: Readonly<Record<QuotaHolder, string>> = {
  'key-store': 'key store',
  credential: 'credential',
  account: 'account',
};

/** The refusal of a request that exceeds a quota. */
export function quotaExceeded({ holder, name, excess, limit }: Exceeded): ThrottledError {
  const { requestsPerSecond = 0, burst, concurrency = 0 } = limit;
  const allowed =
    excess === 'rate'
      ? `${requestsPerSecond} requests/s, ${burst} at once`
      : `${concurrency} requests in work`;
  return new ThrottledError(
    `quota-${holder}`,
    'The external key store proxy has too many requests of this kind.',
    `the quota of the ${HOLDERS[holder]} ${name} is ${allowed}`,
  );
}

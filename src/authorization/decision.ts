/** The outcome of the policies of one layer: those of the key store, or those of a key. */
export interface LayerOutcome {
  /** Ids of the policies that permit the request. */
  readonly permits: readonly string[];
  /** Ids of the policies that forbid it. */
  readonly forbids: readonly string[];
  /** Policies that could not be evaluated, each as `ID: why`. */
  readonly errors: readonly string[];
}

/** The decision of the policies over a request. */
export interface Decision {
  readonly decision: 'allowed' | 'denied';
  /** `policy-error`: a policy could not be evaluated, so the request is denied. */
  readonly by: 'policy' | 'policy-error';
  /** Hash of the set of policies. */
  readonly policySet: string;
  /** Ids of the policies that decided; none where no policy permits the request. */
  readonly policies: readonly string[];
  /** Present with `policy-error`: what went wrong. */
  readonly error: string | undefined;
  /** Keys of the tags that the policies in question read. */
  readonly tagsRead: readonly string[] | 'all';
}

/** The ids that a decision names at most: a record has to hold them. */
const MAX_TOLD_POLICIES = 20;

/**
 * Composes the outcomes of the layers: every layer must permit, any forbid wins. And an error
 * denies, because Cedar passes over a policy that errs, which may be the one that forbids.
 */
export function compose(
  layers: readonly LayerOutcome[],
  { policySet, tagsRead }: Pick<Decision, 'policySet' | 'tagsRead'>,
): Decision {
  const errors = layers.flatMap((layer) => layer.errors);
  const forbids = layers.flatMap((layer) => layer.forbids);
  const isPermitted = layers.every(({ permits }) => permits.length > 0);
  const isAllowed = errors.length === 0 && forbids.length === 0 && isPermitted;
  const deciding = isAllowed ? layers.flatMap((layer) => layer.permits) : forbids;
  return {
    decision: isAllowed ? 'allowed' : 'denied',
    by: errors.length > 0 ? 'policy-error' : 'policy',
    policySet,
    policies: deciding.toSorted().slice(0, MAX_TOLD_POLICIES),
    error: errors[0],
    tagsRead,
  };
}

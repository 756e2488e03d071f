import type { Decision } from '../../authorization/decision.js';
import { type AuthorizationRequest, NO_TAGS } from '../../authorization/request.js';
import { XksError } from '../../xks/errors.js';
import type { KeyOperation } from '../../xks/operation.js';
import type { FoundKey, PipelineServices, ServedPolicies } from '../context.js';
import type { AuthorizationFacts, CallerFacts, MetadataFacts, StageFinding } from '../facts.js';

/** A request that the policies of its key store decide over. */
export interface Policed {
  /** From the path; its id may be an alias. */
  readonly target: { readonly operation: KeyOperation; readonly externalKeyId: string };
  readonly found: FoundKey;
  readonly caller: CallerFacts;
  readonly metadata: MetadataFacts;
}

/** The decision of the policies, for what comes after the answer. */
export interface Ruled {
  readonly request: AuthorizationRequest;
  readonly decision: Decision;
  readonly kmsRequestId: string | undefined;
  readonly shadow: ServedPolicies['shadow'];
}

/** The finding of the policies, also where they deny. */
export type Authorized = StageFinding<AuthorizationFacts, unknown> & { readonly ruled: Ruled };

/**
 * Decides by the policies of the key store whether the caller may use the key. The caller learns
 * that it may not, and nothing of the policies.
 */
export function authorize(
  { clock, events }: Pick<PipelineServices, 'clock' | 'events'>,
  { authorizer, breakGlass, shadow }: ServedPolicies,
  policed: Policed,
): Authorized {
  const request = requestOf(policed, clock.now());
  const decision = authorizer.decide(request);
  const { keyStore } = authorizer;
  if (decision.by === 'policy-error') {
    const { policySet, error: reason = '' } = decision;
    events.tell({ event: 'policy-error', keyStore, policySet, reason });
  }
  const overruled = decision.decision === 'denied' && breakGlass.isOpen(keyStore, request.now);
  const facts = factsOf(request, decision, overruled);
  const { kmsRequestId } = policed.metadata;
  const ruled = { request, decision, kmsRequestId, shadow };
  if (facts.decision === 'allowed') return { facts, refusal: undefined, ruled };
  return { facts, refusal: refusalFor(decision), ruled };
}

function requestOf(policed: Policed, now: number): AuthorizationRequest {
  const { target, found, caller, metadata } = policed;
  const { standing, description, keyStore } = found;
  return {
    action: target.operation.name,
    // The schema of the operation has asked for both.
    awsPrincipalArn: metadata.awsPrincipalArn ?? '',
    kmsOperation: metadata.kmsOperation ?? '',
    askedId: target.externalKeyId,
    externalKeyId: description.externalKeyId,
    keyManager: keyStore.keyManager.name,
    tags: standing.tags ?? NO_TAGS,
    kmsKeyArn: metadata.kmsKeyArn,
    kmsViaService: metadata.kmsViaService,
    sourceVpc: metadata.awsSourceVpc,
    sourceVpce: metadata.awsSourceVpce,
    clientCertificateName: caller.clientCertificateName,
    clientAddress: caller.clientAddress ?? '',
    now,
  };
}

function factsOf(
  { askedId, externalKeyId, tags }: AuthorizationRequest,
  { decision, by, policySet, policies, tagsRead }: Decision,
  overruled: boolean,
): AuthorizationFacts {
  return {
    decision: overruled ? 'allowed' : decision,
    by: overruled ? 'break-glass' : by,
    policySet,
    policies: [...policies],
    alias: askedId === externalKeyId ? undefined : askedId,
    tags: tagsUsed(tags, tagsRead),
  };
}

/** @returns undefined where the policies in question read no tag that the key has */
function tagsUsed(
  tags: ReadonlyMap<string, string>,
  read: Decision['tagsRead'],
): Record<string, string> | undefined {
  if (tags.size === 0 || read.length === 0) return undefined;
  const used = [...tags].filter(([name]) => read === 'all' || read.includes(name));
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

function refusalFor({ by, policies, error }: Decision): XksError {
  const why =
    policies.length > 0
      ? `forbidden by ${policies.join(', ')}`
      : 'no policy of every layer permits it';
  const reason = by === 'policy-error' ? `policy-error: ${error ?? ''}` : why;
  return new XksError('AccessDeniedException', 'The caller may not use the external key.', {
    reason,
  });
}

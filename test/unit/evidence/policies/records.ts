import type { KeyOperationRecord } from '../../../../src/evidence/policies/recorded-request.js';
import type { AuthorizationRequest } from '../../../../src/authorization/request.js';
import {
  cedar,
  checkedPolicies,
  openAuthorizer,
  policySource,
  ROLE,
} from '../../../support/policies.js';

/** Noon and half a minute, in UTC. */
export const TIME = '2026-11-27T12:00:30.000Z';

/** The record of an Encrypt that a policy called `app` permitted, with what differs. */
export function recordOf(changes: Partial<KeyOperationRecord> = {}): KeyOperationRecord {
  return {
    ...{ schema: 1, sequence: 7, time: TIME, replica: 'a', type: 'key-operation' },
    ...{ operation: 'Encrypt', kmsOperation: 'Encrypt', keyStore: 'store' },
    ...{ externalKeyId: 'payroll', keyManager: 'files', awsPrincipalArn: ROLE },
    kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ...{ clientAddress: '10.0.0.1', result: 'success', status: 200, durationUs: 1_500 },
    authorization: { decision: 'allowed', by: 'policy', policySet: HASH, policies: ['app'] },
    ...changes,
  };
}

/** Some set's hash. */
export const HASH = 'a'.repeat(64);

type Authorization = NonNullable<KeyOperationRecord['authorization']>;

/** The authorization of a record that policies denied. */
export const DENIED: Authorization = {
  ...{ decision: 'denied', by: 'policy', policySet: HASH, policies: [] },
};

/** Policies of a key store, opened to be asked. */
export async function opened(text: string, keys: Readonly<Record<string, string>> = {}) {
  const source = policySource(text, keys);
  const checked = checkedPolicies(source);
  const all = checked.layers.flatMap(({ policies }) => policies);
  const authorizer = await openAuthorizer(source, checked);
  return {
    authorizer,
    unmetPermits: (request: AuthorizationRequest) => authorizer.unmetPermits(request, cedar),
    policies: new Map(all.map((policy) => [policy.id, policy])),
  };
}

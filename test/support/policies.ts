import {
  checkPolicies,
  type CheckedPolicies,
} from '../../src/authorization/cedar/check-policies.js';
import { newCedar } from '../../src/authorization/cedar/cedar.js';
import { CedarEngine } from '../../src/authorization/cedar/engine.js';
import { PolicySlot } from '../../src/authorization/cedar/slots.js';
import { Authorizer } from '../../src/authorization/authorizer.js';
import { newPolicyCounts } from '../../src/authorization/policy-counts.js';
import { policySetHash, type PolicySource } from '../../src/authorization/policy-source.js';
import { type AuthorizationRequest, NO_TAGS } from '../../src/authorization/request.js';

/** One instance for all tests of a file, since each takes some 50 ms. */
export const cedar = newCedar();

const engine = new CedarEngine({ monotonic: () => 0 }, () => cedar);
let opened = 0;

export const ROLE = 'arn:aws:iam::111122223333:role/app';

/** Policies of a key store called `store`, and of keys, each one file. */
export function policySource(
  text: string,
  keys: Readonly<Record<string, string>> = {},
): PolicySource {
  const fileOf = (name: string, content: string) => [
    { name, path: `/etc/holdfast/${name}`, text: content },
  ];
  return {
    keyStore: 'store',
    timeZone: 'Europe/Berlin',
    files: fileOf('store.cedar', text),
    keys: Object.entries(keys).map(([externalKeyId, content]) => ({
      externalKeyId,
      files: fileOf(`${externalKeyId}.cedar`, content),
    })),
  };
}

/** @throws Error for policies that are not valid */
export function checkedPolicies(source: PolicySource): CheckedPolicies {
  const checked = checkPolicies(cedar, source);
  if (checked.problems.length > 0) throw new Error(JSON.stringify(checked.problems));
  return checked;
}

/** An authorizer on the one instance. */
export async function openAuthorizer(
  source: PolicySource,
  checked: Pick<CheckedPolicies, 'layers'> = checkedPolicies(source),
): Promise<Authorizer> {
  opened += 1;
  const slot = new PolicySlot(engine, `${opened}`, () => undefined);
  const { keyStore, timeZone } = source;
  const config = { keyStore, timeZone, policySet: policySetHash(source), checked };
  return Authorizer.open(config, {
    slot,
    counts: newPolicyCounts(),
    breathe: () => Promise.resolve(),
  });
}

/** A request of a role to encrypt with `payroll`, with what differs. */
export function requestOf(changes: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
  return {
    action: 'Encrypt',
    awsPrincipalArn: ROLE,
    askedId: changes.externalKeyId ?? 'payroll',
    externalKeyId: 'payroll',
    keyManager: 'files',
    tags: NO_TAGS,
    kmsOperation: 'Encrypt',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsViaService: undefined,
    sourceVpc: undefined,
    sourceVpce: undefined,
    clientCertificateName: undefined,
    clientAddress: '10.0.0.1',
    now: Date.parse('2026-11-27T12:00:30Z'),
    ...changes,
  };
}

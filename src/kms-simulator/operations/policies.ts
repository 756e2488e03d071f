import { z } from 'zod';
import { parsedJson } from '../../shared/parsed-json.js';
import { KmsException } from '../exceptions.js';

/** The name that every key policy has. */
export const POLICY_NAME = 'default';
const MAX_POLICY_BYTES = 32_768;

const policySchema = z.looseObject({
  Version: z.string().optional(),
  Statement: z.union([z.array(z.looseObject({})).min(1), z.looseObject({})]),
});

/** The policy of a key that was created without one. */
export function defaultPolicy(account: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return JSON.stringify(
    { Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] },
    undefined,
    2,
  );
}

/** Checks the form of a policy, which is not evaluated. @throws KmsException */
export function requireWellFormedPolicy(policy: string): void {
  if (Buffer.byteLength(policy) > MAX_POLICY_BYTES) {
    throw new KmsException('LimitExceededException', 'The policy is longer than 32 KB.');
  }
  if (!policySchema.safeParse(parsedJson(policy)).success) {
    throw new KmsException(
      'MalformedPolicyDocumentException',
      'This policy contains invalid Json or is no policy',
    );
  }
}

/** Checks the name of a policy, of which there is one. @throws KmsException */
export function requirePolicyName(name: string): void {
  if (name === POLICY_NAME) return;
  throw new KmsException('NotFoundException', 'No such policy exists');
}

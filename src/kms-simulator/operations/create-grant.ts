import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import type { GrantRecord } from '../keys/records.js';
import * as member from '../protocol/inputs.js';
import { requireNoDryRun } from '../keys/dry-run.js';
import { operation } from './operation.js';

const ID_BYTES = 32;
const TOKEN_BYTES = 96;

const OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
] as const;

/** The operations of them that symmetric encryption keys have no use for. */
const OF_OTHER_KEYS =
  /^(Sign|Verify|GetPublicKey|GenerateMac|DeriveShared|Encapsulate|Decapsulate)/;

const servicePrincipal = member
  .text(1, 128)
  .regex(/^([A-Za-z0-9-]+)\.([A-Za-z0-9-]+)(\.[A-Za-z0-9-]+)+$/);

const input = z.object({
  KeyId: member.keyId,
  GranteePrincipal: member.principal.optional(),
  RetiringPrincipal: member.principal.optional(),
  GranteeServicePrincipal: servicePrincipal.optional(),
  RetiringServicePrincipal: servicePrincipal.optional(),
  Operations: z.array(z.enum(OPERATIONS)).min(1),
  Constraints: z
    .object({
      EncryptionContextSubset: member.pairs.optional(),
      EncryptionContextEquals: member.pairs.optional(),
      SourceArn: member.text(20, 512).optional(),
    })
    .optional(),
  GrantTokens: member.grantTokens,
  Name: member
    .text(1, 256)
    .regex(/^[a-zA-Z0-9:/_-]+$/)
    .optional(),
  DryRun: member.dryRun,
});

/** Creates a grant. The simulator keeps and lists grants, and does not evaluate them. */
export const createGrant = operation({
  name: 'CreateGrant',
  input,
  run: async (given, request, { keys, clock, randomBytes }) => {
    const { KeyId, DryRun } = given;
    const terms = termsOf(given);
    const how = { ...request, need: 'use', acrossAccounts: true } as const;
    const { id: keyId, account } = await keys.resolve(KeyId, how);
    requireLawful(terms);
    requireNoDryRun(DryRun);
    const same = keys.grants
      .all()
      .find((grant) => grant.keyId === keyId && isSame(grant.terms, terms));
    const token = randomBytes(TOKEN_BYTES).toString('base64');
    if (same !== undefined) return { GrantId: same.id, GrantToken: same.token };
    const id = randomBytes(ID_BYTES).toString('hex');
    await keys.grants.put({ id, keyId, token, account, createdAt: clock.now(), terms });
    return { GrantId: id, GrantToken: token };
  },
});

function termsOf(given: z.output<typeof input>): GrantRecord['terms'] {
  const { GranteePrincipal, RetiringPrincipal, Operations, Constraints, Name } = given;
  const { GranteeServicePrincipal, RetiringServicePrincipal } = given;
  return {
    Name,
    GranteePrincipal,
    RetiringPrincipal,
    GranteeServicePrincipal,
    RetiringServicePrincipal,
    Operations,
    Constraints,
  };
}

interface Terms {
  readonly Name?: string | undefined;
  readonly GranteePrincipal?: string | undefined;
  readonly GranteeServicePrincipal?: string | undefined;
  readonly Operations: readonly string[];
}

/** A grant of the same name and terms is the same grant; without a name each is another one. */
function isSame(present: Terms, terms: Terms): boolean {
  return (
    terms.Name !== undefined && isDeepStrictEqual(withoutAbsent(present), withoutAbsent(terms))
  );
}

function withoutAbsent(terms: Terms): object {
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
}

function requireLawful({ GranteePrincipal, GranteeServicePrincipal, Operations }: Terms): void {
  if ((GranteePrincipal === undefined) === (GranteeServicePrincipal === undefined)) {
    throw new KmsException(
      'ValidationException',
      'Specify one of GranteePrincipal and GranteeServicePrincipal.',
    );
  }
  const other = Operations.find((name) => OF_OTHER_KEYS.test(name));
  if (other === undefined) return;
  throw new KmsException(
    'ValidationException',
    `Operation ${other} is not valid for a key of the spec SYMMETRIC_DEFAULT.`,
  );
}

import { z } from 'zod';
import { countSchema, envelope, optionalText, resultSchema, sha256Schema } from './common.js';

const nodeTriedSchema = z.strictObject({
  node: z.string().describe('Name of the node.'),
  location: z.string().describe('Where the node is, as it is configured.'),
  failure: optionalText(
    'Why the node did not do it: a code of a key manager error. Absent where it did.',
  ),
});

const authorizationSchema = z.strictObject({
  decision: z.enum(['allowed', 'denied']).describe('Whether the key might be used.'),
  by: z
    .string()
    .describe(
      'What decided: `exposes`, the list of the keys that the key store exposes; `policy`, its policies; ' +
        '`policy-error`, a policy that could not be evaluated; `break-glass`, an administrator against the policies; `block`, what an administrator has blocked.',
    ),
  policySet: optionalText(
    'Hash of the policies that decided (SHA-256, hexadecimal): `holdfast policy explain` finds them. Absent where the key store has none.',
  ),
  policies: z
    .array(z.string())
    .optional()
    .describe(
      'Ids of the policies that decided, at most 20: those that permit, or those that forbid. Empty where no policy permits it.',
    ),
  alias: optionalText('The alias by which the policies knew the key.'),
  tags: z
    .record(z.string(), z.string())
    .optional()
    .describe('The tags of the key that the policies read.'),
});

/**
 * The fields of a request's record, in their order: the one list that the log of requests, the
 * search and the documentation follow.
 */
export const requestFields = {
  kmsRequestId: optionalText(
    "KMS's id of the call, CloudTrail's requestID. Not unique: ReEncrypt makes two calls with one id, and a retry repeats it.",
  ),
  operation: optionalText(
    'Operation of the XKS Proxy API: GetHealthStatus, GetKeyMetadata, Encrypt or Decrypt.',
  ),
  kmsOperation: optionalText(
    'Operation of KMS that led to it: GenerateDataKey, Decrypt, CreateKey, KmsHealthCheck …',
  ),
  keyStore: optionalText('Name of the key store, from the path.'),
  externalKeyId: optionalText(
    'The external key that was asked for, from the path, whether or not it exists.',
  ),
  targetKeyId: optionalText('The external key that was used, where `externalKeyId` is an alias.'),
  keyVersion: countSchema.optional().describe('Version of the key material that was used.'),
  kmsKeyArn: optionalText('ARN of the KMS key.'),
  awsAccount: optionalText('Account id out of `kmsKeyArn`, else out of `awsPrincipalArn`.'),
  awsRegion: optionalText('Region out of `kmsKeyArn`.'),
  awsPrincipalArn: optionalText(
    'Who called KMS, by the word of KMS: an ARN, for a service its principal (`ec2.amazonaws.com`) or `AWS Internal`.',
  ),
  kmsViaService: optionalText('AWS service that called KMS for the principal.'),
  awsSourceVpc: optionalText('VPC of the caller, for callers of the same account.'),
  awsSourceVpce: optionalText('VPC endpoint of the caller, for callers of the same account.'),
  accessKeyId: optionalText(
    'Credential of the key store: the one that signed; where authentication failed, the one that was claimed.',
  ),
  clientAddress: z
    .string()
    .describe(
      'Address at the other end of the connection; behind a load balancer usually its address.',
    ),
  clientCertificateName: optionalText(
    'The allowed name that the verified client certificate bears (mutual TLS).',
  ),
  clientCertificateSubject: optionalText(
    'Subject of the verified client certificate (mutual TLS).',
  ),
  authorization: authorizationSchema
    .optional()
    .describe(
      'The decision over the use of the key. Absent where the request did not get that far.',
    ),
  keyManager: optionalText('Name of the key manager that holds the key.'),
  node: optionalText('The node of the key manager that did it.'),
  location: optionalText('Where that node is: where the key operation happened.'),
  nodesTried: z
    .array(nodeTriedSchema)
    .optional()
    .describe(
      'Every node that was asked, in order; a node that was asked again and again with success stands here once.',
    ),
  result: resultSchema,
  status: z.int().describe('HTTP status of the answer.'),
  errorName: optionalText('Error of the XKS Proxy API that was answered.'),
  cause: optionalText('Why, in more words than the caller is told.'),
  authenticationFailure: optionalText(
    'What was wrong with the signature. Then nothing else that the request says is believed.',
  ),
  target: optionalText(
    'The path that was asked for, where it is none of ours: its first 300 characters.',
  ),
  durationUs: countSchema.describe(
    'From the head of the request to the decided answer, in microseconds. KMS measures more: the network and TLS.',
  ),
  aadSha256: sha256Schema
    .optional()
    .describe(
      'SHA-256 (base64) of the additional authenticated data, over the decoded bytes. Absent where KMS sent none. In the audit log alone.',
    ),
  ciphertextSha256: sha256Schema
    .optional()
    .describe(
      'SHA-256 (base64) of the ciphertext, over the decoded bytes: of the one that Encrypt made, or of the one that Decrypt was to open, which joins them. In the audit log alone.',
    ),
};

/** A use of an external key, or the attempt, by somebody with a credential of the key store. */
export const keyOperationSchema = z.strictObject({
  type: z.literal('key-operation'),
  ...envelope,
  ...requestFields,
});

/** GetHealthStatus. KMS asks every few minutes, and no key of a customer is touched. */
export const healthCheckSchema = z.strictObject({
  type: z.literal('health-check'),
  ...envelope,
  ...requestFields,
});

/** A request that was not authenticated, whatever it asked for. */
export const unauthenticatedSchema = z.strictObject({
  type: z.literal('unauthenticated'),
  ...envelope,
  ...requestFields,
});

/**
 * An answer that was withheld or had nobody to take it, after its record said how the request had
 * ended.
 */
export const abandonedSchema = z.strictObject({
  type: z.literal('abandoned'),
  ...envelope,
  record: countSchema.describe('Sequence of the record of the request.'),
  kmsRequestId: optionalText("KMS's id of the call."),
  reason: z
    .enum(['deadline', 'client-gone'])
    .describe(
      '`deadline`: the record was not there in time, so the answer was withheld: DependencyTimeoutException, or ThrottlingException in an overload. `client-gone`: nobody was there any more.',
    ),
});

import { type Body, requestMetadata, without } from '../client/bodies.js';
import { ask, bodyFor, type Operation, OPERATION_NAMES, OPERATIONS, SERVED } from '../calls.js';
import { TOO_STRICT, WRONG_ERROR } from '../explanations.js';
import { refusedAs, served } from '../judgement.js';
import type { Requirement, Section } from '../requirement.js';

/** Metadata that a proxy has to take. */
const accepted: readonly (readonly [id: string, text: string, values: readonly Body[]])[] = [
  [
    'unknown-operation',
    'an unknown kmsOperation is accepted',
    ['BulkEncrypt', 'generateRandom2', ''].map((kmsOperation) => ({ kmsOperation })),
  ],
  [
    'opaque-request-id',
    'kmsRequestId is an opaque string, repeated or not',
    ['', 'no UUID', '\u{1f511} \n"\\', 'x'.repeat(2_000)].map((kmsRequestId) => ({ kmsRequestId })),
  ],
  [
    'later-fields',
    'fields that KMS may add to the metadata later are accepted',
    [{ sourceIdentity: 'Alice', kmsRecipientAttestationPCR0: 'ab', tags: [{}] }],
  ],
  [
    'principals',
    'a principal may be an AWS service or "AWS Internal"',
    ['AWS Internal', 'ec2.amazonaws.com'].map((awsPrincipalArn) => ({ awsPrincipalArn })),
  ],
  [
    'vpc',
    'awsSourceVpc and awsSourceVpce are accepted',
    [{ awsSourceVpc: 'vpc-1234', awsSourceVpce: 'vpce-1234' }],
  ],
  ['long-arns', 'ARNs of 2,048 characters are taken', [longArns()]],
];

function longArns(): Body {
  const arn = 'arn:aws:iam::123456789012:role/';
  const long = arn + 'r'.repeat(2_048 - arn.length);
  return { awsPrincipalArn: long, kmsKeyArn: long };
}

function accepts(operation: Operation): readonly Requirement[] {
  return accepted.map(
    ([id, text, values]): Requirement => ({
      id: `metadata-fields.${id}.${operation}`,
      level: 'MUST',
      text: `${OPERATION_NAMES[operation]}: ${text}`,
      after: SERVED[operation],
      ...TOO_STRICT,
      check: async (subject) => {
        for (const value of values) {
          const body = await bodyFor(subject, operation, requestMetadata(value));
          served(await ask(subject, operation, body));
        }
        return undefined;
      },
    }),
  );
}

/** Fields by the operations that cannot do without them. */
const required: readonly (readonly [field: string, operations: readonly Operation[]])[] = [
  ['kmsRequestId', OPERATIONS],
  ['kmsOperation', OPERATIONS],
  ['awsPrincipalArn', ['metadata', 'encrypt', 'decrypt']],
  ['kmsKeyArn', ['encrypt', 'decrypt']],
];

function requires(field: string, operation: Operation): Requirement {
  return {
    id: `metadata-fields.required-${field}.${operation}`,
    // The table of errors has ValidationException for all but GetHealthStatus.
    level: operation === 'health' ? 'OWN' : 'SHOULD',
    text: `${OPERATION_NAMES[operation]}: ${field} is required, and is a string`,
    after: SERVED[operation],
    ...WRONG_ERROR,
    check: async (subject) => {
      for (const metadata of [without(requestMetadata(), field), requestMetadata({ [field]: 7 })]) {
        const body = await bodyFor(subject, operation, metadata);
        refusedAs(await ask(subject, operation, body), 'ValidationException');
      }
      return undefined;
    },
  };
}

function doesWithout(field: string, operation: Operation): Requirement {
  return {
    id: `metadata-fields.optional-${field}.${operation}`,
    level: 'MUST',
    text: `${OPERATION_NAMES[operation]}: ${field} is not required`,
    after: SERVED[operation],
    ...TOO_STRICT,
    check: async (subject) => {
      const body = await bodyFor(subject, operation, without(requestMetadata(), field));
      served(await ask(subject, operation, body));
      return undefined;
    },
  };
}

/**
 * The sections of the four operations describe these fields in the same words.
 *
 * @see XKS Proxy API, sections GetKeyMetadata, Encrypt, Decrypt, GetHealthStatus; Appendix B
 */
export const requestMetadataSection: Section = {
  title: 'Request payload parameters, requestMetadata',
  requirements: [
    ...OPERATIONS.flatMap(accepts),
    ...required.flatMap(([field, operations]) =>
      OPERATIONS.map((operation) =>
        operations.includes(operation) ? requires(field, operation) : doesWithout(field, operation),
      ),
    ),
    ...(['encrypt', 'decrypt'] as const).map((operation) =>
      doesWithout('kmsViaService', operation),
    ),
  ],
};

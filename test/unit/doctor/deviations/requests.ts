import { randomUUID } from 'node:crypto';
import type { Behaviour } from '../../../support/model-proxy/behaviour.js';
import { CORRECT, MODEL_HOST } from '../../../support/model-proxy/correct.js';
import { asFields, type Fields, type Operation } from '../../../support/model-proxy/validation.js';
import { type Deviation, deviation } from './deviation.js';

/** A proxy that refuses some metadata of one operation. */
const choosy = (
  title: string,
  found: string | readonly string[],
  operation: Operation,
  isRefused: (metadata: Fields) => boolean,
): Deviation =>
  deviation(title, found, {
    faultsOf: (at, fields) =>
      at === operation && isRefused(asFields(fields['requestMetadata']) ?? {})
        ? ['requestMetadata']
        : CORRECT.faultsOf(at, fields),
  });

const KNOWN: readonly unknown[] = ['Encrypt', 'GenerateDataKey', 'ReEncrypt'];
const UUID_LENGTH = randomUUID().length;

const text = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
};

const metadataFields: readonly Deviation[] = [
  choosy(
    'operations that it knows alone',
    'metadata-fields.unknown-operation.encrypt',
    'encrypt',
    ({ kmsOperation }) => typeof kmsOperation === 'string' && !KNOWN.includes(kmsOperation),
  ),
  choosy(
    'request ids that are UUIDs alone',
    'metadata-fields.opaque-request-id.decrypt',
    'decrypt',
    (metadata) => text(metadata, 'kmsRequestId').length !== UUID_LENGTH,
  ),
  choosy(
    'no fields beside those of today',
    'metadata-fields.later-fields.encrypt',
    'encrypt',
    (metadata) => 'sourceIdentity' in metadata,
  ),
  choosy(
    'principals with an ARN alone',
    'metadata-fields.principals.metadata',
    'metadata',
    (metadata) => !text(metadata, 'awsPrincipalArn').startsWith('arn:'),
  ),
  choosy(
    'no VPC',
    'metadata-fields.vpc.decrypt',
    'decrypt',
    (metadata) => 'awsSourceVpc' in metadata,
  ),
  choosy(
    'ARNs of 1,024 characters at most',
    'metadata-fields.long-arns.encrypt',
    'encrypt',
    (metadata) => text(metadata, 'awsPrincipalArn').length > 1_024,
  ),
  choosy(
    'calls of services alone',
    'metadata-fields.optional-kmsViaService.encrypt',
    'encrypt',
    (metadata) => !('kmsViaService' in metadata),
  ),
  choosy(
    'GetKeyMetadata with a KMS key alone',
    'metadata-fields.optional-kmsKeyArn.metadata',
    'metadata',
    (metadata) => !('kmsKeyArn' in metadata),
  ),
  deviation('Encrypt without a KMS key', 'metadata-fields.required-kmsKeyArn.encrypt', {
    faultsOf: (operation, fields) =>
      CORRECT.faultsOf(operation, fields).filter(
        (name) => operation !== 'encrypt' || name !== 'kmsKeyArn',
      ),
  }),
  deviation('bodies with known fields alone', 'metadata.later-fields', {
    faultsOf: (operation, fields) =>
      'later' in fields ? ['later'] : CORRECT.faultsOf(operation, fields),
  }),
];

/** Paths that another path stands for. */
const alias = (from: string, to: string): Partial<Behaviour> => ({
  targetOf: (path) => CORRECT.targetOf(path.replace(from, to)),
});

const paths: readonly Deviation[] = [
  deviation(
    'any path prefix',
    'errors.unknown-prefix',
    alias('/holdfast-doctor-nobody/', '/model/'),
  ),
  deviation('any version of the API', 'errors.unknown-version', alias('/v2/', '/v1/')),
  deviation('any operation', 'errors.unknown-operation', alias('/sign', '/metadata')),
  deviation('GET for health', 'methods.get.health', {
    methodNotAllowed: ({ operation }) => (operation === 'health' ? 200 : 405),
  }),
  deviation(
    '404 for GET',
    ['metadata', 'encrypt', 'decrypt'].map((o) => `methods.get.${o}`),
    {
      methodNotAllowed: ({ operation }) => (operation === 'health' ? 405 : 404),
    },
  ),
];

const trusting: Behaviour['bodyHashOf'] = (request) =>
  request.headers['x-amz-content-sha256'] ?? CORRECT.bodyHashOf(request);
const BOTH = ['authentication.past', 'authentication.future'];

const authentication: readonly Deviation[] = [
  deviation("AWS's sample: a host that is not signed", 'authentication.host-unsigned', {
    requiredHeaders: ['x-amz-date'],
  }),
  deviation("AWS's sample: a date that is not signed", 'authentication.date-unsigned', {
    requiredHeaders: ['host'],
  }),
  deviation("AWS's sample: a second Authorization header", 'authentication.header-twice', {
    authorizationOf: ({ authorizations }) => authorizations.at(-1) ?? '',
  }),
  deviation('a payload that is not signed', 'authentication.unsigned-payload', {
    bodyHashOf: (request) =>
      request.headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD'
        ? 'UNSIGNED-PAYLOAD'
        : CORRECT.bodyHashOf(request),
  }),
  deviation(
    'a hash of the body that it believes',
    ['authentication.unsigned-payload', 'authentication.claimed-hash'],
    { bodyHashOf: trusting },
  ),
  deviation('requests of any age', BOTH, { maxAgeMs: Infinity }),
  deviation(
    'requests of 15 minutes',
    BOTH.map((id) => `${id}-5-minutes`),
    { maxAgeMs: 900_000 },
  ),
  deviation('requests of one minute', 'authentication.clock', { maxAgeMs: 60_000 }),
  deviation('any service', 'authentication.service', {
    serviceOf: ([, , service = '']) => service,
  }),
  deviation('any host', 'authentication.host', { hostOf: () => MODEL_HOST }),
  deviation('signatures by their beginning', 'authentication.header-short-signature', {
    isSignature: (given, computed) => given.length >= 63 && computed.startsWith(given),
  }),
  deviation('metadata without a signature', ['authentication.unsigned', 'authentication.path'], {
    isAuthenticating: ({ operation }) => operation !== 'metadata',
  }),
];

const server: readonly Deviation[] = [
  deviation('a clock that is 10 minutes ahead', 'clock.skew', {
    finish: (answer) => ({
      ...answer,
      headers: { ...answer.headers, Date: new Date(Date.now() + 600_000).toUTCString() },
    }),
  }),
  deviation('a connection an answer', 'timing.kept-connection', {
    finish: (answer) => ({ ...answer, headers: { ...answer.headers, Connection: 'close' } }),
  }),
  deviation('Encrypt within 260 ms, from its 26th call on', 'timing.encrypt', slowerFrom(26)),
];

/** Slow at the end alone, where Encrypt is timed, because each call before would be waited for. */
function slowerFrom(slowCall: number): Partial<Behaviour> {
  let calls = 0;
  return {
    encrypt: async (key, fields) => {
      calls += 1;
      if (calls >= slowCall) await new Promise((resolve) => setTimeout(resolve, 260));
      return CORRECT.encrypt(key, fields);
    },
  };
}

/** Deviations in what a proxy takes, and how it is reached. */
export const requestDeviations: readonly Deviation[] = [
  ...metadataFields,
  ...paths,
  ...authentication,
  ...server,
];

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { SchemaOutline } from '../../configuration/reading/outline.js';
import { ConfigurationError } from '../../configuration/reading/problem.js';
import { resolvePaths } from '../../configuration/reading/resolve-paths.js';
import { validate } from '../../configuration/reading/validate.js';
import { readYaml } from '../../configuration/reading/yaml-document.js';
import { policiesSchema } from '../config.js';
import { PolicyFileReader } from '../policy-files.js';
import type { PolicySource } from '../policy-source.js';
import { ACTIONS, type AuthorizationRequest } from '../request.js';

const DEFAULT_TIME = '2026-01-05T12:00:00Z';
const DEFAULT_KEY_ARN =
  'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** A request as people write it down. */
const requestSchema = z.strictObject({
  action: z.enum(ACTIONS),
  principal: z.string().min(1),
  key: z.string().min(1),
  alias: z.string().optional(),
  keyManager: z.string().default('files'),
  tags: z.record(z.string(), z.string()).default({}),
  kmsOperation: z.string().optional(),
  kmsKeyArn: z.string().default(DEFAULT_KEY_ARN),
  kmsViaService: z.string().optional(),
  sourceVpc: z.string().optional(),
  sourceVpce: z.string().optional(),
  clientCertificateName: z.string().optional(),
  clientAddress: z.string().default('192.0.2.1'),
  time: z.iso.datetime({ offset: true }).default(DEFAULT_TIME),
});

const caseSchema = z.strictObject({
  name: z.string().min(1),
  request: requestSchema,
  expect: z.enum(['allowed', 'denied']),
  /** Ids of the policies that are to decide. */
  policies: z.array(z.string()).optional(),
});

const caseFileSchema = z.strictObject({
  keyStore: z.string().default('store'),
  policies: policiesSchema,
  cases: z.array(caseSchema).min(1, { error: 'a list of cases, at least one' }),
});
const requestFileSchema = z.strictObject({ request: requestSchema });
/** A file of cases says of which files its set consists, too. */
const setFileSchema = z.strictObject({
  policies: policiesSchema,
  keyStore: z.unknown().optional(),
  cases: z.unknown().optional(),
});

/** A case: a request, and what is to be decided over it. */
export interface PolicyCase {
  readonly name: string;
  readonly request: AuthorizationRequest;
  readonly expect: 'allowed' | 'denied';
  readonly policies: readonly string[] | undefined;
}

/** A file of cases, with the policies that they are of. */
export interface CaseFile {
  readonly source: PolicySource;
  readonly cases: readonly PolicyCase[];
}

/**
 * Reads a file of cases. Paths in it start at its own folder.
 *
 * @param file for messages and for paths
 * @throws ConfigurationError with everything that is wrong
 */
export function readCases(file: string, text: string): CaseFile {
  const { keyStore, policies, cases } = readFileOf(caseFileSchema, file, text);
  return {
    source: readSource(file, keyStore, policies),
    cases: cases.map(({ name, request, expect, policies: ids }) => ({
      ...{ name, expect, policies: ids },
      request: toRequest(request),
    })),
  };
}

/**
 * Reads a file with one request.
 *
 * @throws ConfigurationError
 */
export function readRequest(file: string, text: string): AuthorizationRequest {
  return toRequest(readFileOf(requestFileSchema, file, text).request);
}

/**
 * Reads a file that says of which files a set consists, as the configuration does.
 *
 * @throws ConfigurationError
 */
export function readSet(file: string, keyStore: string, text: string): PolicySource {
  return readSource(file, keyStore, readFileOf(setFileSchema, file, text).policies);
}

function readSource(
  file: string,
  keyStore: string,
  policies: z.output<typeof policiesSchema>,
): PolicySource {
  const outline = new SchemaOutline(policiesSchema);
  const { timeZone, ...set } = resolvePaths(policies, outline, dirname(resolve(file)));
  const { source, problems } = new PolicyFileReader().readSet(set, ['policies']);
  if (problems.length > 0) throw new ConfigurationError(file, problems);
  return { keyStore, timeZone, ...source };
}

function readFileOf<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  text: string,
): z.output<Schema> {
  const reading = readYaml(text);
  if ('problems' in reading) throw new ConfigurationError(file, reading.problems);
  const { value, locate } = reading.document;
  const resolved = { value, references: new Map<string, string>(), problems: [], warnings: [] };
  const validation = validate(schema, resolved, new SchemaOutline(schema));
  if ('data' in validation) return validation.data;
  const placed = validation.problems.map((problem) => {
    const position = locate(problem.path);
    return position === undefined ? problem : { ...problem, position };
  });
  throw new ConfigurationError(file, placed);
}

function toRequest(written: z.output<typeof requestSchema>): AuthorizationRequest {
  const { action, principal, key, alias, tags, kmsOperation, kmsKeyArn, time, ...rest } = written;
  const isMetadata = action === 'GetKeyMetadata';
  return {
    action,
    awsPrincipalArn: principal,
    askedId: alias ?? key,
    externalKeyId: key,
    keyManager: rest.keyManager,
    tags: new Map(Object.entries(tags)),
    kmsOperation: kmsOperation ?? (isMetadata ? 'CreateKey' : action),
    kmsKeyArn: isMetadata ? undefined : kmsKeyArn,
    kmsViaService: rest.kmsViaService,
    sourceVpc: rest.sourceVpc,
    sourceVpce: rest.sourceVpce,
    clientCertificateName: rest.clientCertificateName,
    clientAddress: rest.clientAddress,
    now: Date.parse(time),
  };
}

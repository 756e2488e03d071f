import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { request } from 'undici';
import { z } from 'zod';
import { parsedJson } from '../../shared/parsed-json.js';
import { Secret } from '../../shared/secret.js';
import { type AwsCredentials, CredentialsError, type Environment } from './credentials.js';

const CONTAINER_HOST = 'http://169.254.170.2';
const INSTANCE_HOST = 'http://169.254.169.254';
/** The hosts that may be asked for credentials in the clear. */
const CONTAINER_HOSTS = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']);
const TOKEN_SECONDS = '300';
const TIMEOUT_MS = 1_000;

const credentialsSchema = z.looseObject({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
});

/**
 * Asks the container's endpoint, on ECS, EKS and alike.
 *
 * @returns undefined where the environment names none
 * @throws CredentialsError
 * @see AWS SDKs and Tools Reference Guide, "Container credential provider"
 */
export async function containerCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = relative ? CONTAINER_HOST + relative : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!url) return undefined;
  requireAllowed(url);
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? await readToken(file) : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const answer = await ask(url, { headers: token ? { authorization: token } : {} });
  return parse(answer, 'the endpoint of the container');
}

/**
 * Asks the instance's metadata service, version 2.
 *
 * @returns undefined where there is none, or the instance has no role
 * @throws CredentialsError
 * @see Amazon EC2 User Guide, "Use the Instance Metadata Service"
 */
export async function instanceCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const host = env['AWS_EC2_METADATA_SERVICE_ENDPOINT']?.replace(/\/$/, '') ?? INSTANCE_HOST;
  const token = await ask(`${host}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS },
  }).catch(() => undefined);
  // No such service answers where this is no instance.
  if (token === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': token };
  const folder = `${host}/latest/meta-data/iam/security-credentials/`;
  const role = await ask(folder, { headers }).catch((error: unknown) => {
    if (error instanceof StatusError) return '';
    throw error;
  });
  if (role === '') return undefined;
  const answer = await ask(folder + encodeURIComponent(role.trim()), { headers });
  return parse(answer, 'the metadata service of the instance');
}

/** An endpoint answered, and not with 200. */
class StatusError extends CredentialsError {}

async function ask(
  url: string,
  how: { readonly method?: 'PUT'; readonly headers: Record<string, string> },
): Promise<string> {
  const { statusCode, body } = await request(url, {
    ...how,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CredentialsError(`${url} does not answer.`, { cause });
  });
  const text = await body.text();
  if (statusCode === 200) return text;
  throw new StatusError(`${url} answered with status ${String(statusCode)}.`);
}

function parse(text: string, source: string): AwsCredentials {
  const result = credentialsSchema.safeParse(parsedJson(text));
  if (!result.success) throw new CredentialsError(`What ${source} answers are no credentials.`);
  const { AccessKeyId, SecretAccessKey, Token } = result.data;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(SecretAccessKey),
    sessionToken: new Secret(Token),
  };
}

/** A token must not go in the clear to a host that somebody wrote into the environment. */
function requireAllowed(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname ?? '';
  const isLoopback = host === 'localhost' || host === '[::1]' || isLoopbackAddress(host);
  if (url?.protocol === 'https:' || isLoopback || CONTAINER_HOSTS.has(host)) return;
  throw new CredentialsError(
    `AWS_CONTAINER_CREDENTIALS_FULL_URI may be https, or a container's own address; found ${text}`,
  );
}

function isLoopbackAddress(host: string): boolean {
  return isIP(host) === 4 && host.startsWith('127.');
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new CredentialsError(`${file} cannot be read.`, { cause: error });
  }
}

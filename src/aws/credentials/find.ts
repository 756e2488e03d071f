import { Secret } from '../../shared/secret.js';
import type { KmsTarget } from '../kms-client.js';
import { type AwsCredentials, CredentialsError, type Environment } from './credentials.js';
import { containerCredentials, instanceCredentials } from './metadata.js';
import { type Profile, profileCredentials, readProfile } from './shared-files.js';

const REGION = /^[a-z]{2,5}(-[a-z]+)+-\d+$/;

/** Names of KMS's hosts outside `amazonaws.com`, by the beginning of the Region. */
const SUFFIXES: Readonly<Record<string, string>> = {
  'cn-': 'amazonaws.com.cn',
  'eusc-': 'amazonaws.eu',
  'us-iso-': 'c2s.ic.gov',
  'us-isob-': 'sc2s.sgov.gov',
  'us-isof-': 'csp.hci.ic.gov',
  'eu-isoe-': 'cloud.adc-e.uk',
};

/** The choices of a command line, which go before the environment. */
export interface TargetChoices {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly endpointUrl?: string | undefined;
}

/** The place of KMS, without credentials. */
export type KmsPlace = Omit<KmsTarget, 'credentials'>;

/**
 * Finds Region and endpoint as AWS's tools do: command line, environment, profile.
 *
 * @throws CredentialsError where no Region is named, or a name is none
 */
export async function findPlace(env: Environment, choices: TargetChoices): Promise<KmsPlace> {
  const profile = await readProfile(env, choices.profile);
  const region =
    choices.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? profile?.get('region');
  if (region === undefined) {
    throw new CredentialsError('No Region is named: use --region, or AWS_REGION.');
  }
  if (!REGION.test(region)) throw new CredentialsError(`${region} is no name of a Region.`);
  const named = choices.endpointUrl ?? configuredUrl(env, profile);
  return { region, endpoint: endpointOf(named, region) };
}

/**
 * Finds credentials as AWS's tools do: environment, profile, container, instance. A profile that is
 * named on the command line goes first.
 *
 * @throws CredentialsError
 * @see AWS SDKs and Tools Reference Guide, "Standardized credential providers"
 */
export async function findCredentials(
  env: Environment,
  { profile: named }: TargetChoices,
): Promise<AwsCredentials> {
  const profile = await readProfile(env, named);
  const found =
    (named === undefined ? environmentCredentials(env) : undefined) ??
    ofProfile(profile) ??
    (await containerCredentials(env)) ??
    (await instanceCredentials(env));
  if (found !== undefined) return found;
  throw new CredentialsError(
    'There are no credentials of AWS: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a profile, nor those of a container or an instance.',
  );
}

/** The endpoint of KMS in a Region, where nothing names another. */
export function ownEndpoint(region: string): string {
  const start = Object.keys(SUFFIXES).find((beginning) => region.startsWith(beginning)) ?? '';
  return `https://kms.${region}.${SUFFIXES[start] ?? 'amazonaws.com'}`;
}

/** The URL that environment or profile have, unless they are to be ignored. */
function configuredUrl(env: Environment, profile: Profile | undefined): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return env['AWS_ENDPOINT_URL_KMS'] ?? env['AWS_ENDPOINT_URL'] ?? profile?.get('endpoint_url');
}

function ofProfile(profile: Profile | undefined): AwsCredentials | undefined {
  return profile && profileCredentials(profile);
}

function environmentCredentials(env: Environment): AwsCredentials | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secret = env['AWS_SECRET_ACCESS_KEY'];
  const token = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId && !secret) return undefined;
  if (!accessKeyId || !secret) {
    throw new CredentialsError(
      'Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set without the other.',
    );
  }
  return {
    accessKeyId,
    secretAccessKey: new Secret(secret),
    ...(token ? { sessionToken: new Secret(token) } : {}),
  };
}

function endpointOf(named: string | undefined, region: string): string {
  if (!named) return ownEndpoint(region);
  const url = URL.canParse(named) ? new URL(named) : undefined;
  const isBare = url !== undefined && `${url.pathname}${url.search}` === '/';
  if (isBare && (url.protocol === 'https:' || isLoopback(url))) return url.origin;
  throw new CredentialsError(
    `The endpoint URL must be https://HOST[:PORT], or http:// on this machine; found ${named}`,
  );
}

/** The credential of the proxy is in a call, so it goes in the clear to no other machine. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

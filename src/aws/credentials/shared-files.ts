import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ifThere } from '../../shared/errno.js';
import { Secret } from '../../shared/secret.js';
import { type AwsCredentials, CredentialsError, type Environment } from './credentials.js';

/** A profile of the shared files: names and values. */
export type Profile = ReadonlyMap<string, string>;

/** Settings of a profile that name a way to credentials which is not taken here. */
const OTHER_WAYS = [
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

/**
 * Reads a profile of the shared files; what the credentials file says goes before the config file.
 *
 * @returns undefined where neither file has it
 * @throws CredentialsError where it was asked for by name and is missing
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files"
 */
export async function readProfile(
  env: Environment,
  named: string | undefined,
): Promise<Profile | undefined> {
  const name = named ?? env['AWS_PROFILE'] ?? 'default';
  const home = env['HOME'] ?? homedir();
  const files = {
    config: env['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config'),
    credentials: env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials'),
  };
  const sections = [
    (await readSections(files.config)).get(name === 'default' ? name : `profile ${name}`),
    (await readSections(files.credentials)).get(name),
  ].filter((section) => section !== undefined);
  if (sections.length > 0) return new Map(sections.flatMap((section) => [...section]));
  if (named === undefined && env['AWS_PROFILE'] === undefined) return undefined;
  throw new CredentialsError(
    `The profile ${name} is neither in ${files.config} nor in ${files.credentials}.`,
  );
}

/**
 * Takes the credentials of a profile.
 *
 * @returns undefined where it has none
 * @throws CredentialsError for a profile that names another way to them
 */
export function profileCredentials(profile: Profile): AwsCredentials | undefined {
  const accessKeyId = profile.get('aws_access_key_id');
  const secret = profile.get('aws_secret_access_key');
  const token = profile.get('aws_session_token');
  if (accessKeyId !== undefined && secret !== undefined) {
    return {
      accessKeyId,
      secretAccessKey: new Secret(secret),
      ...(token === undefined ? {} : { sessionToken: new Secret(token) }),
    };
  }
  const way = OTHER_WAYS.find((setting) => profile.has(setting));
  if (way === undefined) return undefined;
  throw new CredentialsError(
    `The profile has its credentials by ${way}, which holdfast does not follow. Let the AWS CLI do it: eval "$(aws configure export-credentials --format env)"`,
  );
}

async function readSections(path: string): Promise<ReadonlyMap<string, Profile>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of (await textOf(path)).split(/\r?\n/)) {
    const heading = /^\s*\[\s*(?<name>[^\]]+?)\s*\]/.exec(line)?.groups?.['name'];
    if (heading !== undefined) {
      section = sections.get(heading) ?? new Map<string, string>();
      sections.set(heading, section);
      continue;
    }
    // A line that is indented belongs to the setting above, which is none of ours.
    const setting = /^(?<name>[^\s#;=][^=]*?)\s*=\s*(?<value>.*?)\s*$/.exec(line)?.groups;
    if (setting !== undefined) section.set(setting['name'] ?? '', setting['value'] ?? '');
  }
  return sections;
}

async function textOf(path: string): Promise<string> {
  try {
    return (await ifThere(readFile(path, 'utf8'))) ?? '';
  } catch (error) {
    throw new CredentialsError(`${path} cannot be read.`, { cause: error });
  }
}

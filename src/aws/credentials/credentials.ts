import type { Secret } from '../../shared/secret.js';

/** Credentials of an IAM principal. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

/** There are no credentials, or they cannot be read. Nothing was called with others instead. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** Variables of the process, as AWS's tools read them. */
export type Environment = Readonly<Record<string, string | undefined>>;

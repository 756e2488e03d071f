import { Command } from 'commander';
import type { KmsClient } from '../aws/kms-client.js';
import { CliError, EXIT } from './exit.js';
import { shellWord } from './shell-word.js';
import type { Terminal } from './terminal.js';

const KEY_STORE_ID = /^cks-[0-9a-f]{17}$/;

/** The options of every command that calls AWS KMS. */
export interface AwsOptions {
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly socket?: string;
  readonly print?: boolean;
}

/** A command that calls AWS KMS, with credentials as AWS's own tools find them. */
export function awsCommand(name: string): Command {
  return new Command(name)
    .option('--profile <name>', "profile of AWS's shared files (default: as AWS's tools)")
    .option('--region <name>', "AWS Region (default: as AWS's tools)")
    .option(
      '--endpoint-url <url>',
      'KMS endpoint, for the simulator (default: AWS_ENDPOINT_URL_KMS)',
    )
    .option('--config <file>', "the server's configuration (default: as for serve)");
}

/** Adds what commands have that change something in AWS. */
export function changingAwsCommand(name: string): Command {
  return awsCommand(name)
    .option('--socket <path>', 'admin socket of the server (default: as its configuration says)')
    .option('--print', 'print the same as commands of the AWS CLI, and do nothing');
}

/** Makes the client of KMS. @throws CliError where Region or credentials are missing */
export async function kmsFor(options: AwsOptions, { env }: Terminal): Promise<KmsClient> {
  const { findCredentials, findPlace } = await import('../aws/credentials/find.js');
  const { KmsClient } = await import('../aws/kms-client.js');
  const place = await asUsage(findPlace(env, options));
  return new KmsClient({ ...place, credentials: await asUsage(findCredentials(env, options)) });
}

/** Options of the AWS CLI that reach the same place. @throws CliError where no Region is named */
export async function placeOptions(options: AwsOptions, { env }: Terminal): Promise<string> {
  const { findPlace, ownEndpoint } = await import('../aws/credentials/find.js');
  const { region, endpoint } = await asUsage(findPlace(env, options));
  const profile = options.profile === undefined ? '' : ` --profile ${shellWord(options.profile)}`;
  const isOther = endpoint !== ownEndpoint(region);
  return ` --region ${region}${profile}${isOther ? ` --endpoint-url ${endpoint}` : ''}`;
}

/** The command that puts a key store's id into `$store`. @param name in KMS, or the id itself */
export function storeIdCommand(place: string, name: string): string {
  if (KEY_STORE_ID.test(name)) return `store=${name}`;
  return `store=$(aws kms describe-custom-key-stores${place} --custom-key-store-name ${shellWord(name)} --query 'CustomKeyStores[0].CustomKeyStoreId' --output text)`;
}

/** Runs calls of KMS. @throws CliError in place of what KMS refuses, with what to do */
export async function withAdvice<Result>(work: Promise<Result>): Promise<Result> {
  const { KmsError } = await import('../aws/kms-client.js');
  const { ConnectionFailedError } = await import('../aws/key-store.js');
  const { connectionAdvice, exceptionAdvice } = await import('../aws/advice.js');
  try {
    return await work;
  } catch (error) {
    if (error instanceof KmsError) {
      const advice = exceptionAdvice(error.name);
      const text = [`${error.name}: ${error.message}`, advice].filter(Boolean).join('\n');
      throw new CliError(EXIT.failed, text, { cause: error });
    }
    if (error instanceof ConnectionFailedError) {
      const advice = error.code === undefined ? '' : `\n${connectionAdvice(error.code)}`;
      throw new CliError(EXIT.failed, error.message + advice, { cause: error });
    }
    if (await isToldAsItIs(error)) {
      throw new CliError(EXIT.failed, (error as Error).message, { cause: error });
    }
    if (await isOfNetwork(error)) {
      const message = `AWS KMS could not be called: ${(error as Error).message}`;
      throw new CliError(EXIT.failed, message, { cause: error });
    }
    throw error;
  }
}

async function asUsage<Result>(work: Promise<Result>): Promise<Result> {
  const { CredentialsError } = await import('../aws/credentials/credentials.js');
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    throw new CliError(EXIT.usage, error.message, { cause: error });
  }
}

/** Tells whether an act has ended with a sentence for whoever asked for it. */
async function isToldAsItIs(error: unknown): Promise<boolean> {
  const { SeveralKeyStoresError } = await import('../aws/key-store.js');
  const { StillInUseError } = await import('../aws/acts/rotate-credential.js');
  const { KeyPendingDeletionError, OtherProxyError } = await import('../aws/acts/register.js');
  const told = [SeveralKeyStoresError, StillInUseError, KeyPendingDeletionError, OtherProxyError];
  return told.some((kind) => error instanceof kind);
}

/** Tells whether KMS could not be reached, by the code that Node or undici gave, or its answer. */
async function isOfNetwork(error: unknown): Promise<boolean> {
  const { KmsAnswerError } = await import('../aws/kms-client.js');
  return error instanceof KmsAnswerError || (error instanceof Error && 'code' in error);
}

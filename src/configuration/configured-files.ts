import { createPrivateKey, X509Certificate } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigurationProblem, FieldPath } from './reading/problem.js';
import { isReference } from './reading/secret-reference.js';
import { describeFileError, readTextFile } from './reading/text-file.js';
import { valuesAt } from './reading/value-at.js';
import { backendFields } from './written-fields.js';
import { backendOf, type KeyManagerConfig } from '../key-managers/backends.js';
import type { FileUse } from '../key-managers/definition.js';
import type { Configuration } from './schema.js';

const MAX_BYTES = 1024 * 1024;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Files of a state store in PostgreSQL, which is asked later. */
const STATE_FILES = [
  { field: 'certificateAuthority', use: 'certificates' },
  { field: 'certificate', use: 'certificates' },
  { field: 'privateKey', use: 'private-key' },
] as const;

/** Files of sinks that nothing looks at when the configuration is loaded. */
const SINK_FILES = [
  { field: 'ca', use: 'certificates' },
  { field: 'certificate', use: 'certificates' },
  { field: 'privateKey', use: 'private-key' },
] as const;

/** Files of webhooks, which are read for every connection. */
const WEBHOOK_FILES = [{ field: 'ca', use: 'certificates' }] as const;

const ALLOWED: Readonly<Record<FileUse, string>> = {
  certificates: 'a readable PEM file with certificates',
  'private-key': 'a readable PEM file with a private key, without a passphrase',
  text: 'a readable, non-empty file of text',
  program: 'a readable file',
};

/**
 * Looks at the files that a configuration names and that are not read before they are needed: by
 * then it is a sink that ships nothing, or a key manager that does not start.
 *
 * @returns every one that is missing, cannot be read by this process's user, or is something else
 */
export function checkConfiguredFiles(configuration: Configuration): ConfigurationProblem[] {
  return [
    ...checkNamedFiles(configuration, configuration.stateDirectory),
    ...configuration.keyManagers.flatMap(moreFiles),
  ];
}

/**
 * The same for what any configuration says of files, checked or not.
 *
 * @param stateDirectory where relative paths start
 */
export function checkNamedFiles(value: unknown, stateDirectory: string): ConfigurationProblem[] {
  const ofSinks = SINK_FILES.flatMap(({ field, use }) =>
    valuesAt(value, ['audit', 'sinks', '*', 'tls', field]).map((place) => ({ ...place, use })),
  );
  const ofState = STATE_FILES.flatMap(({ field, use }) =>
    valuesAt(value, ['state', 'tls', field]).map((place) => ({ ...place, use })),
  );
  const ofWebhooks = WEBHOOK_FILES.flatMap(({ field, use }) =>
    valuesAt(value, ['notifications', 'webhooks', '*', field]).map((place) => ({ ...place, use })),
  );
  const named = [
    ...ofSinks,
    ...ofState,
    ...ofWebhooks,
    ...backendFields(value, ({ files }) => files),
  ];
  return named.flatMap(({ path, value: file, use }) =>
    typeof file === 'string' && file !== '' && !isReference(file)
      ? problemWith(path, resolve(stateDirectory, file), use)
      : [],
  );
}

function problemWith(path: FieldPath, file: string, use: FileUse): ConfigurationProblem[] {
  const found = use === 'program' ? unreadable(file) : unlike(file, use);
  return found === undefined ? [] : [{ path, found, allowed: ALLOWED[use] }];
}

/** @returns what is wrong, or undefined */
function unreadable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile() ? undefined : `${file}, which is no file`;
  } catch (error) {
    return `the file ${file}, ${describeFileError(file, error)}`;
  }
}

function unlike(file: string, use: Exclude<FileUse, 'program'>): string | undefined {
  const reading = readTextFile(file, MAX_BYTES);
  if ('found' in reading) return reading.found;
  const isRight = { certificates: hasCertificates, 'private-key': isPrivateKey, text: hasText }[
    use
  ];
  return isRight(reading.text) ? undefined : `the file ${file}, which is something else`;
}

function hasText(text: string): boolean {
  return text.trim() !== '';
}

function hasCertificates(pem: string): boolean {
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  return (
    certificates.length > 0 &&
    certificates.every((each) => succeeds(() => new X509Certificate(each)))
  );
}

function isPrivateKey(pem: string): boolean {
  return succeeds(() => createPrivateKey(pem));
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function moreFiles(keyManager: KeyManagerConfig, index: number): ConfigurationProblem[] {
  const files = backendOf(keyManager).moreFiles?.(keyManager) ?? [];
  return files.flatMap(({ field, file }) =>
    problemWith(['keyManagers', index, ...field], file, 'program'),
  );
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigurationProblem, FieldPath } from './reading/problem.js';
import { isReference } from './reading/secret-reference.js';
import { describeFileError, readTextFile } from './reading/text-file.js';
import { valuesAt } from './reading/value-at.js';
import type { Configuration } from './schema.js';

const MAX_BYTES = 1024 * 1024;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The kinds of files that a configuration names. */
type Use = 'certificates' | 'private-key' | 'text' | 'program';

/** Files that nothing looks at when the configuration is loaded, by the fields that name them. */
const FILES: readonly { readonly pattern: readonly string[]; readonly use: Use }[] = [
  { pattern: ['audit', 'sinks', '*', 'tls', 'ca'], use: 'certificates' },
  { pattern: ['audit', 'sinks', '*', 'tls', 'certificate'], use: 'certificates' },
  { pattern: ['audit', 'sinks', '*', 'tls', 'privateKey'], use: 'private-key' },
  { pattern: ['keyManagers', '*', 'tls', 'roots', '*'], use: 'certificates' },
  { pattern: ['keyManagers', '*', 'tls', 'clientCertificate'], use: 'certificates' },
  { pattern: ['keyManagers', '*', 'tls', 'clientKey'], use: 'private-key' },
  { pattern: ['keyManagers', '*', 'login', 'tokenFile'], use: 'text' },
  { pattern: ['keyManagers', '*', 'login', 'jwtFile'], use: 'text' },
  { pattern: ['keyManagers', '*', 'module'], use: 'program' },
];

const ALLOWED: Readonly<Record<Use, string>> = {
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
    ...filesOfLibraries(configuration),
  ];
}

/**
 * The same for what any configuration says of files, checked or not.
 *
 * @param stateDirectory where relative paths start
 */
export function checkNamedFiles(value: unknown, stateDirectory: string): ConfigurationProblem[] {
  const named = FILES.flatMap(({ pattern, use }) =>
    valuesAt(value, pattern).map((place) => ({ ...place, use })),
  );
  return named.flatMap(({ path, value: file, use }) =>
    typeof file === 'string' && file !== '' && !isReference(file)
      ? problemWith(path, resolve(stateDirectory, file), use)
      : [],
  );
}

function problemWith(path: FieldPath, file: string, use: Use): ConfigurationProblem[] {
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

function unlike(file: string, use: Exclude<Use, 'program'>): string | undefined {
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

/**
 * Configuration files of PKCS#11 libraries, which are named in their environment: SOFTHSM2_CONF.
 */
function filesOfLibraries({ keyManagers }: Configuration): ConfigurationProblem[] {
  return keyManagers.flatMap((keyManager, index) => {
    if (keyManager.type !== 'pkcs11') return [];
    return keyManager.environment.flatMap(({ name, value }) => {
      if (!name.endsWith('_CONF') || !value.startsWith('/')) return [];
      const path = ['keyManagers', index, 'environment', name];
      return problemWith(path, value, 'program');
    });
  });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import {
  ConfigurationError,
  type ConfigurationProblem,
  formatPath,
} from '../../src/configuration/reading/problem.js';
import {
  type LoadedConfiguration,
  loadConfiguration,
} from '../../src/configuration/configuration-file.js';
import type { Environment } from '../../src/configuration/overrides.js';
import { systemClock } from '../../src/shared/clock.js';

/** 44 characters, as a secret access key has them. */
export const SECRET_ACCESS_KEY = 'c2VjcmV0LWFjY2Vzcy1rZXktb2YtdGhlLWZpeHR1cmU=';
/** 32 bytes of base64. */
export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

/** A key store as it is written, with a name and a credential of its own. */
export function keyStore(letter: string, fields: object = {}) {
  return {
    name: `store-${letter}`,
    pathPrefix: `/${letter}`,
    keyManager: 'files',
    exposes: [`${letter}-*`],
    credentials: [
      { accessKeyId: letter.toUpperCase().repeat(20), secretAccessKey: '${file:access.secret}' },
    ],
    ...fields,
  };
}

/** A small configuration that is right, as it is written. */
export function validConfiguration() {
  return {
    stateDirectory: '.',
    listeners: [{ host: '127.0.0.1', port: 8443, plainHttp: true }],
    audit: {
      signingKey: { masterKey: { key: '${file:master.key}' } },
      sinks: [{ name: 'out', type: 'stdout', carries: ['checkpoints'] }],
    },
    keyManagers: [
      { name: 'files', type: 'file', directory: 'keys', masterKey: { key: '${file:master.key}' } },
    ],
    keyStores: [keyStore('a'), keyStore('b')],
  };
}

/** The small configuration with other fields in its listener. */
export function withListener(fields: object) {
  const listeners = validConfiguration().listeners.map((listener) => ({ ...listener, ...fields }));
  return { ...validConfiguration(), listeners };
}

/** The small configuration with these key stores. */
export function withStores(...keyStores: object[]) {
  return { ...validConfiguration(), keyStores };
}

/** The small configuration with one key store that has these fields. */
export function withStore(fields: object) {
  return withStores(keyStore('a', fields));
}

/** The small configuration with one key store that has these credentials. */
export function withCredentials(...credentials: unknown[]) {
  return withStore({ credentials });
}

/** A temporary folder with the files of secrets that the fixture refers to. */
export function configurationFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'master.key'), `${MASTER_KEY}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'access.secret'), `${SECRET_ACCESS_KEY}\n`, { mode: 0o600 });
  return folder;
}

/** Loads a configuration, given as YAML or as what the YAML would say. */
export function load(configuration: unknown, env: Environment = {}) {
  const folder = configurationFolder();
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(
    file,
    typeof configuration === 'string'
      ? configuration
      : stringify(configuration, { aliasDuplicateObjects: false }),
  );
  return { folder, loaded: loadConfiguration(file, env, systemClock) };
}

/** Loads what is wrong, and gives the error. */
export function refusal(configuration: unknown, env: Environment = {}): ConfigurationError {
  try {
    load(configuration, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

/** Where the problems are, as an operator reads it. */
export function pathsOf(problems: readonly ConfigurationProblem[]): string[] {
  return problems.map(({ path }) => formatPath(path)).sort();
}

/** Where the warnings are, but for that of the small configuration's listener without TLS. */
export function warningPathsOf({ warnings }: Pick<LoadedConfiguration, 'warnings'>): string[] {
  return warnings
    .map(({ path }) => formatPath(path))
    .filter((path) => path !== 'listeners[0].plainHttp');
}

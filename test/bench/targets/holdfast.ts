import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { trialConfiguration } from '../../../scripts/lib/trial.mjs';
import { freePort } from '../../support/free-ports.js';
import { folderOnDisk } from './disk.js';
import { startServer } from './server-process.js';
import type { RunningTarget, Target } from './target.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
/** Folder of the audit log, in the state folder. */
const AUDIT = 'audit';
const QUICKSTART = fileURLToPath(new URL('../../../config/quickstart.yaml', import.meta.url));

/**
 * A busy machine or disk can stop a server for longer than a request may take. So few refusals
 * count as slow, stand in the table, and cannot make a figure look better than it is.
 */
export const MAX_REFUSED_SHARE = 0.01;

/** The file that the KMS console takes, as the quickstart writes it. */
const proxyConfiguration = z.object({
  XksProxyUriPath: z.string(),
  XksProxyAuthenticationCredential: z.object({
    AccessKeyId: z.string(),
    RawSecretAccessKey: z.string(),
  }),
});

const servedSchema = z.looseObject({ keyStores: z.array(z.looseObject({})) });

/** What to serve that is not the quickstart as it stands. */
export interface HoldfastOptions {
  /** YAML of a key manager named `trial`; without it, the quickstart's own. */
  readonly keyManager?: string;
  /** Where to serve metrics. */
  readonly operationsPort?: number;
  /** Of the audit log; without it there is none, whatever the quickstart has. */
  readonly durability?: 'written' | 'synced';
  /** The state store; without it, a folder. */
  readonly state?: object;
  /** Fields of the key store beside those that it has. */
  readonly keyStore?: object;
  /** The program of another build; without it, the one that is here. */
  readonly program?: string;
  /** Puts something into the state folder before the start, such as given secrets. */
  readonly prepare?: (stateDirectory: string) => void;
}

/** A Holdfast that listens. */
export interface RunningHoldfast extends RunningTarget {
  readonly stateDirectory: string;
}

/** Starts the built program as the quickstart has it, with everything on but the audit log. */
export async function startHoldfast(
  name: string,
  options: HoldfastOptions = {},
): Promise<RunningHoldfast> {
  const { operationsPort = 0 } = options;
  const directory = await mkdtemp(join(await folderOnDisk(), 'holdfast-bench-'));
  const configurationFile = join(directory, 'holdfast.yaml');
  await writeFile(configurationFile, await configured(options), { mode: 0o600 });
  await mkdir(stateDirectory(directory), { mode: 0o700 });
  options.prepare?.(stateDirectory(directory));
  const port = await freePort();
  const server = await startServer({
    arguments: [...extraNodeArguments(), options.program ?? PROGRAM, 'serve'],
    environment: {
      HOLDFAST_CONFIG: configurationFile,
      HOLDFAST_PORT: String(port),
      HOLDFAST_OPERATIONS_PORT: String(operationsPort),
    },
    port,
    stateDirectory: directory,
  });
  const quickstart = join(stateDirectory(directory), 'quickstart');
  const registration = proxyConfiguration.parse(
    JSON.parse(await readFile(join(quickstart, 'xks-proxy-configuration.json'), 'utf8')),
  );
  const credential = registration.XksProxyAuthenticationCredential;
  return {
    ...server,
    name,
    stateDirectory: stateDirectory(directory),
    ...(options.durability && { auditDirectory: join(stateDirectory(directory), AUDIT) }),
    endpoint: {
      host: '127.0.0.1',
      port,
      certificateAuthority: await readFile(join(quickstart, 'ca.pem'), 'utf8'),
      uriPath: registration.XksProxyUriPath,
      externalKeyId: 'quickstart-key',
      region: 'eu-west-1',
      accessKeyId: credential.AccessKeyId,
      secretAccessKey: credential.RawSecretAccessKey,
    },
  };
}

/** The quickstart's own: the file key manager. */
export const holdfast: Target = {
  name: 'holdfast',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: () => startHoldfast('holdfast'),
};

/**
 * The same by the program of another build, which `HOLDFAST_BENCH_OTHER_BUILD` names; undefined
 * where it names none.
 */
export const otherBuild: Target | undefined = otherProgram();

function otherProgram(): Target | undefined {
  const program = process.env['HOLDFAST_BENCH_OTHER_BUILD'];
  if (program === undefined) return undefined;
  const name = 'holdfast, other build';
  const start = () => startHoldfast(name, { program });
  return { name, maxRefusedShare: MAX_REFUSED_SHARE, start };
}

/** Beside the configuration, which names it. */
function stateDirectory(directory: string): string {
  return join(directory, 'state');
}

/** @returns YAML; a field that is undefined is not in it */
async function configured(options: HoldfastOptions): Promise<string> {
  const { keyManager, durability, state, keyStore } = options;
  const text =
    keyManager === undefined ? await readFile(QUICKSTART, 'utf8') : trialConfiguration(keyManager);
  const signingKey = { masterKey: { key: '${file:quickstart/master.key}' } };
  const audit = durability && { directory: AUDIT, durability, signingKey };
  // The quickstart logs every request to show them; what is measured is what Holdfast does by
  // itself.
  const { keyStores, ...rest } = servedSchema.parse(parse(text));
  return stringify({
    ...{ ...rest, stateDirectory: 'state', audit, state, log: {} },
    keyStores: keyStores.map((each) => ({ ...each, ...keyStore })),
  });
}

/** Reads arguments for Node such as `--cpu-prof --cpu-prof-dir=DIR`, to profile the server. */
function extraNodeArguments(): string[] {
  return (process.env['HOLDFAST_BENCH_NODE_ARGUMENTS'] ?? '').split(' ').filter(Boolean);
}

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { trialConfiguration } from '../../../scripts/lib/trial.mjs';
import { freePort, startServer } from './server-process.js';
import type { RunningTarget, Target } from './target.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** The file that the KMS console takes, as the quickstart writes it. */
const proxyConfiguration = z.object({
  XksProxyUriPath: z.string(),
  XksProxyAuthenticationCredential: z.object({
    AccessKeyId: z.string(),
    RawSecretAccessKey: z.string(),
  }),
});

/** What to serve that is not the quickstart as it stands. */
export interface HoldfastOptions {
  /** YAML of a key manager named `trial`; without it, the quickstart's own. */
  readonly keyManager?: string;
  /** Where to serve metrics. */
  readonly operationsPort?: number;
}

/** Starts the built program as the quickstart has it, with everything on. */
export async function startHoldfast(
  name: string,
  { keyManager, operationsPort = 0 }: HoldfastOptions = {},
): Promise<RunningTarget> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const port = await freePort();
  const server = await startServer({
    arguments: [...extraNodeArguments(), PROGRAM, 'serve'],
    environment: {
      ...(await configured(directory, keyManager)),
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
export const holdfast: Target = { name: 'holdfast', start: () => startHoldfast('holdfast') };

/** Where a trial's configuration puts it, beside itself. */
function stateDirectory(directory: string): string {
  return join(directory, 'state');
}

async function configured(directory: string, keyManager: string | undefined) {
  if (keyManager === undefined) return { HOLDFAST_STATE_DIR: stateDirectory(directory) };
  const file = join(directory, 'holdfast.yaml');
  await writeFile(file, trialConfiguration(keyManager), { mode: 0o600 });
  return { HOLDFAST_CONFIG: file };
}

/** `HOLDFAST_BENCH_NODE_ARGUMENTS="--cpu-prof --cpu-prof-dir=DIR"` profiles the server under load. */
function extraNodeArguments(): string[] {
  return (process.env['HOLDFAST_BENCH_NODE_ARGUMENTS'] ?? '').split(' ').filter(Boolean);
}

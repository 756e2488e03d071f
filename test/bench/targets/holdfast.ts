import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort, startServer } from './server-process.js';
import type { Target } from './target.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** The file that the KMS console takes, as the quickstart writes it. */
const proxyConfiguration = z.object({
  XksProxyUriPath: z.string(),
  XksProxyAuthenticationCredential: z.object({
    AccessKeyId: z.string(),
    RawSecretAccessKey: z.string(),
  }),
});

/** The built program with the quickstart's configuration, and everything on. */
export const holdfast: Target = {
  name: 'holdfast',
  start: async () => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    const port = await freePort();
    const server = await startServer({
      arguments: [...extraNodeArguments(), PROGRAM, 'serve'],
      environment: { HOLDFAST_STATE_DIR: stateDirectory, HOLDFAST_PORT: String(port) },
      port,
      stateDirectory,
    });
    const quickstart = join(stateDirectory, 'quickstart');
    const registration = proxyConfiguration.parse(
      JSON.parse(await readFile(join(quickstart, 'xks-proxy-configuration.json'), 'utf8')),
    );
    const credential = registration.XksProxyAuthenticationCredential;
    return {
      ...server,
      name: 'holdfast',
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
  },
};

/** `HOLDFAST_BENCH_NODE_ARGUMENTS="--cpu-prof --cpu-prof-dir=DIR"` profiles the server under load. */
function extraNodeArguments(): string[] {
  return (process.env['HOLDFAST_BENCH_NODE_ARGUMENTS'] ?? '').split(' ').filter(Boolean);
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { quickstartConfiguration, startHoldfast } from '../../support/holdfast-server.js';
import { RawClient } from '../../support/raw-client.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/**
 * Node raises its own limit to the hard one, so a shell has to lower both. Its loader alone has
 * more than a hundred modules open at once.
 */
const with200Files = [
  '--input-type=module',
  '--eval',
  `import { spawn } from 'node:child_process';
   const command = 'ulimit -n 200 && exec "$0" "$@"';
   const child = spawn('sh', ['-c', command, process.execPath, ${JSON.stringify(PROGRAM)}, 'serve'], { stdio: 'inherit' });
   process.on('SIGTERM', () => child.kill('SIGTERM'));
   child.on('exit', (code) => process.exit(code ?? 1));`,
];

it('200 files and a crowd of strangers → an authenticated caller is served while segments rotate, and the operator is told', async () => {
  const base = quickstartConfiguration();
  const audit = { ...(base['audit'] as object), segments: { maxBytes: 65_536 } };
  const server = await startHoldfast({
    configuration: { ...base, audit, drainDelayMs: 0 },
    args: with200Files,
  });
  onTestFinished(async () => {
    await server.stop();
  });
  const client = new XksClient(server);
  onTestFinished(() => {
    client.close();
  });
  expect((await client.call('keys/quickstart-key/encrypt', encryptBody())).status).toBe(200);
  for (let count = 0; count < 200; count += 1) await RawClient.connect(server.port);

  const statuses = new Set<number>();
  for (let call = 0; call < 300; call += 1) {
    statuses.add((await client.call('keys/quickstart-key/encrypt', encryptBody())).status);
  }
  expect([...statuses]).toEqual([200]);
  const segments = readdirSync(join(server.stateDirectory, 'audit')).filter((name) =>
    /\.jsonl(\.gz)?$/.test(name),
  );
  expect(segments.length).toBeGreaterThan(2);
  expect(server.log()).toMatch(/TOO FEW FILES: the process may open 200/);
  expect(server.log()).toMatch(/"level":"warn".*"limit":200/);
});

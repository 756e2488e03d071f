import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { startHoldfast } from '../../support/holdfast-server.js';
import { scanLogs } from '../../support/log-scan.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

it('a server that logged what it keeps secret → the search of the logs finds it', async () => {
  const [logs, stateDirectory] = [temporaryFolder(), temporaryFolder()];
  vi.stubEnv('HOLDFAST_TEST_LOG_DIR', logs);
  const server = await startHoldfast({ stateDirectory });
  const client = new XksClient(server);
  const body = encryptBody();
  expect(await client.call('keys/quickstart-key/encrypt', body)).toMatchObject({ status: 200 });
  client.close();
  expect(await server.stop()).toBe(0);
  expect(scanLogs(logs)).toEqual({ files: 2, leaks: [] });

  const secretFile = (name: string) => join(stateDirectory, 'quickstart', name);
  const secrets = ['master.key', 'secret-access-key'].map((name) => readFileSync(secretFile(name)));
  const [log = ''] = readdirSync(logs).filter((name) => name.startsWith('holdfast'));
  appendFileSync(join(logs, log), Buffer.concat([...secrets, Buffer.from(JSON.stringify(body))]));

  expect(scanLogs(logs).leaks.map(({ canary }) => canary)).toEqual([
    'plaintext',
    'masterKey',
    'quickstartSecretAccessKey',
  ]);
});

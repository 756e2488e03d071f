import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { auditRecords } from '../../support/audit-records.js';
import {
  quickstartConfiguration,
  startHoldfast,
  startInVain,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

it('checkpoints that were removed → no start, until an operator says why, once', async () => {
  const stateDirectory = temporaryFolder();
  const written = quickstartConfiguration();
  const audit = {
    ...Object(written['audit']),
    durability: 'written',
    checkpoints: { everyRecords: 5 },
  };
  const options = { stateDirectory, configuration: { ...written, audit } };
  const folder = join(stateDirectory, 'audit');
  const server = await startHoldfast(options);
  const client = new XksClient(server);
  for (let call = 0; call < 40; call += 1) {
    await client.call('keys/quickstart-key/encrypt', encryptBody());
  }
  client.close();
  await server.stop();
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.checkpoints')) rmSync(join(folder, name));
  }

  const refused = await startInVain(options);
  expect(refused.code).toBe(1);
  expect(refused.log).toContain('records that nobody has signed: 0 to ');
  expect(refused.log).toContain('--accept-unsigned-tail');

  const words = 'restored from a backup without checkpoints';
  const args = [PROGRAM, 'serve', '--accept-unsigned-tail', words];
  const accepting = await startHoldfast({ ...options, args });
  await accepting.kill();
  const again = await startHoldfast(options);
  await again.stop();
  const recoveries = (await auditRecords(folder)).filter(({ type }) => type === 'recovery');
  expect(recoveries).toMatchObject([{ accepted: words, unsignedFirst: 0 }, { tornBytes: 0 }]);
  expect(recoveries[1]).not.toHaveProperty('accepted');

  const needless = await startHoldfast({ ...options, args });
  await needless.stop();
  expect(needless.log()).toContain('There is no unsigned tail to accept');
}, 120_000);

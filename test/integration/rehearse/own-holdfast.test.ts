import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { generateCredential } from '../../../src/key-stores/credential-generator.js';
import { startOwnHoldfast } from '../../../src/rehearse/stage/own-holdfast.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

it('the quickstart has policies that somebody tries out → the own Holdfast starts without them', async () => {
  const folder = temporaryFolder();
  const quickstart = join(folder, 'quickstart.yaml');
  const policies = '    policies: { directory: policies }\n    quotas: { requestsPerSecond: 1 }\n';
  writeFileSync(quickstart, readFileSync(pathOf('config/quickstart.yaml'), 'utf8') + policies);
  const own = await startOwnHoldfast({
    ...{ folder, quickstart, program: pathOf('dist/cli/main.js') },
    reserveCredential: generateCredential(randomBytes),
  });
  onTestFinished(() => own.stop());
  const listed = await own.proxy.keys?.holdfast('policy', 'check').catch(String);
  expect(listed).toContain('No key store');
});

/**
 * Reloads under load: `reloads.ts [ROUNDS] [CLIENTS]`. Each changes the certificate, the policies,
 * a credential, and a key store with its key manager. Prints each round, and at the end what
 * failed, which should be nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { ReloadRounds } from '../support/reload-rounds.js';

const [rounds = '100', clients = '8'] = process.argv.slice(2);

await ensureBuilt();
const folder = await mkdtemp(join(tmpdir(), 'holdfast-reloads-'));
try {
  const load = await ReloadRounds.start(folder, Number(clients));
  for (let round = 1; round <= Number(rounds); round += 1) {
    const startedAt = performance.now();
    await load.round(round);
    console.log(`${String(round).padStart(4)}  ${Math.round(performance.now() - startedAt)} ms`);
  }
  const { failures, ...outcome } = await load.end();
  const told = { ...outcome, failed: failures.length, first: failures.slice(0, 5) };
  console.log(JSON.stringify(told, null, 2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

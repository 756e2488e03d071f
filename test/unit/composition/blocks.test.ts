import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptBlocks } from '../../../src/authorization/blocks/kept-blocks.js';
import { openBlocks } from '../../../src/composition/blocks.js';
import { writeFileAtomically } from '../../../src/durable/atomic-write.js';
import { masterKeyFrom } from '../../../src/sealing/master-key.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import { Confirmations } from '../../../src/state/confirmations.js';
import { captureLog } from '../../support/log-lines.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { stateReplica } from '../../support/state-replica.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

it('blocks on disk, and a configuration that has no key for them any more → no start', async () => {
  const stateDirectory = temporaryFolder();
  const folder = join(stateDirectory, 'replica');
  mkdirSync(folder, { mode: 0o700 });
  const key = new Secret(randomBytes(32).toString('base64'));
  const masterKey = masterKeyFrom({ key }, randomBytes);
  const kept = new KeptBlocks(join(folder, 'blocks.json'), masterKey, writeFileAtomically);
  const subject = { kind: 'key-store', keyStore: 'payroll' } as const;
  const at = '2026-11-28T12:00:00.000Z';
  await kept.write([{ subject, blocked: true, reason: 'incident', by: 'alice', at }]);
  const state = { type: 'files', directory: join(stateDirectory, 'state') } as const;
  const open = async () => {
    const copy = await stateReplica(new MemoryState());
    const confirmations = new Confirmations({ state: copy, clock: systemClock, replicaName: 'a' });
    const ports = { state: copy, clock: systemClock, log: captureLog().logger, confirmations };
    return openBlocks({ state, stateDirectory }, ports);
  };
  await expect(open()).rejects.toThrow(/blocks\.json .*no state\.sealing/u);
  await kept.write([]);
  await expect(open()).resolves.toBeDefined();
});

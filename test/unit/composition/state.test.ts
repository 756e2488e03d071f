import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openState } from '../../../src/composition/state.js';
import { systemClock } from '../../../src/shared/clock.js';
import { REPLICA_FOLDER } from '../../../src/state/config.js';
import { captureLog } from '../../support/log-lines.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

it('a last copy that a crash left half written → gone when the state is opened', async () => {
  const stateDirectory = temporaryFolder();
  const folder = join(stateDirectory, REPLICA_FOLDER);
  mkdirSync(folder, { mode: 0o700 });
  for (const name of ['state-copy.sealed.1.tmp', 'running-time.json']) {
    writeFileSync(join(folder, name), '{}', { mode: 0o600 });
  }
  const state = await openState(
    {
      stateDirectory,
      state: { type: 'files', directory: join(stateDirectory, 'state') },
      audit: undefined,
    },
    {
      clock: systemClock,
      randomBytes,
      log: captureLog().logger,
      firstStart: { state: true, acceptsLostState: false },
    },
  );
  await state.close();
  expect(readdirSync(folder)).toEqual(['running-time.json']);
});

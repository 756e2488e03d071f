import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Reloader } from '../../../../src/composition/reload/reloader.js';
import { readConfiguration } from '../../../../src/configuration/configuration-file.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

it('files change while a reload is under way → the configuration of before is not brought back', async () => {
  const folder = temporaryFolder();
  const loadedFrom = (name: string) => {
    const file = join(folder, name);
    writeFileSync(file, `${name.slice(0, 3)}: unknown\n`);
    return { loaded: { file, source: readConfiguration(file, {}) } };
  };
  const generations = { current: loadedFrom('old.yaml') };
  const parts = {
    env: {},
    lived: { clock: systemClock },
    generations,
    journal: { failed: vi.fn() },
  };
  const reloader = new Reloader(parts as never);
  const reload = reloader.reload('command');
  const refresh = reloader.refresh();
  generations.current = loadedFrom('new.yaml');
  await expect(reload).rejects.toThrow('new.yaml');
  await expect(refresh).rejects.toThrow('new.yaml');
});

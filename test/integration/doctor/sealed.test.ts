import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diagnosed } from '../../support/diagnosed.js';
import { quickstartConfiguration, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The quickstart with its keys in the state store. */
function configuration(): object {
  const { keyStores, ...rest } = quickstartConfiguration();
  const masterKey = { key: '${file:quickstart/master.key}' };
  return {
    ...rest,
    keyManagers: [{ name: 'sealed', type: 'sealed', masterKey }],
    keyStores: keyStores.map((keyStore) => ({ ...keyStore, keyManager: 'sealed' })),
  };
}

/** The names and contents of all files in a folder. */
function contents(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => `${name} ${readFileSync(join(folder, name), 'utf8')}`);
}

it('sealed keys → examined by the server that serves them, and without one by their store', async () => {
  const stateDirectory = temporaryFolder();
  const file = join(stateDirectory, 'holdfast.yaml');
  const server = await startHoldfast({ configuration: configuration(), stateDirectory });
  expect(await diagnosed(file, 'sealed')).toMatchObject({ code: 0, statuses: ['ACTIVE'] });
  expect(await server.stop()).toBe(0);

  const before = contents(join(stateDirectory, 'state'));
  const { code, statuses, details } = await diagnosed(file, 'sealed');
  expect({ code, statuses }).toEqual({ code: 0, statuses: ['ACTIVE'] });
  expect(details.join()).toMatch(/1, all of them usable/);
  expect(contents(join(stateDirectory, 'state'))).toEqual(before);

  rmSync(join(stateDirectory, 'state'), { recursive: true });
  const lost = await diagnosed(file, 'sealed');
  expect(lost).toMatchObject({ code: 1, statuses: ['UNAVAILABLE'] });
  expect(lost.details.join()).toMatch(/no state store in/);
});

import { describe, expect, it } from 'vitest';
import { planKeyManagers } from '../../../../src/composition/reload/plan-key-managers.js';
import type { LoadedConfiguration } from '../../../../src/configuration/configuration-file.js';

/** A configuration with one key manager in files, with what differs. */
function filesIn(changes: object): LoadedConfiguration {
  const keyManager = { name: 'files', type: 'file', directory: '/var/keys', ...changes };
  return { configuration: { keyManagers: [keyManager] } } as unknown as LoadedConfiguration;
}

const difference = (field: string) => ({
  ...({ path: `keyManagers[files].${field}`, change: 'changed', isInFile: false } as const),
});

describe('a key manager in files that is changed while it runs', () => {
  it.each([
    ['directory', '/var/others'],
    ['location', 'another rack'],
  ])('another %s → refused for its folder, wherever its keys could move to', (field, value) => {
    const { refusals } = planKeyManagers(filesIn({}), filesIn({ [field]: value }), [
      difference(field),
    ]);
    expect(refusals).toEqual([
      'keyManagers[files] cannot be changed while it runs: it has the folder /var/keys to itself, ' +
        'and a second one cannot be started beside it. Restart Holdfast for that',
    ]);
  });
});

import { expect, it } from 'vitest';
import { KeyInventory } from '../../../src/admin/key-inventory.js';
import { inForce, keySummary } from '../../support/admin-fixture.js';
import { captureLog } from '../../support/log-lines.js';

it('an inventory while keys of others may be missing → its records say so', async () => {
  const listKeys = () => Promise.resolve([keySummary('payroll')]);
  const files = { listKeys, listingGap: () => 'the state store is away' };
  const recorded: unknown[] = [];
  const trail = {
    record: (_type: string, fields: unknown) => {
      recorded.push(fields);
      return Promise.resolve(recorded.length);
    },
  };
  const served = inForce(files, { listKeys });
  const inventory = new KeyInventory(trail, () => served, captureLog().logger);
  await inventory.stop();
  const keys = [{ externalKeyId: 'payroll' }];
  expect(recorded).toMatchObject([
    { keyManager: 'files', keys, problem: 'the state store is away' },
    { keyManager: 'other', keys },
  ]);
  expect(recorded[1]).not.toHaveProperty('problem');
});

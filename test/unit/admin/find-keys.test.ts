import { describe, expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import type { KeySummary } from '../../../src/key-managers/backend.js';
import { inForce, keySummary } from '../../support/admin-fixture.js';

const listing = (...ids: string[]) => ({
  listKeys: () => Promise.resolve(ids.map((id) => keySummary(id))),
});

describe('listKeys', () => {
  const { listKeys } = createAdminOperations(() =>
    inForce(listing('hr', 'pay-1'), listing('pay-1')),
  );

  it.each([
    ['no filter', {}, ['files/hr', 'files/pay-1', 'other/pay-1']],
    ['a key store', { keyStore: 'payroll' }, ['files/pay-1']],
    ['a key manager', { keyManager: 'other' }, ['other/pay-1']],
    [
      'both, that fit',
      { keyStore: 'production', keyManager: 'files' },
      ['files/hr', 'files/pay-1'],
    ],
    ['both, that do not fit', { keyStore: 'production', keyManager: 'other' }, []],
  ])('%s → the keys of it, in order', async (_, query, expected) => {
    const { keys } = await listKeys({ query }, 'ann');
    expect(keys.map(({ keyManager, externalKeyId }) => `${keyManager}/${externalKeyId}`)).toEqual(
      expected,
    );
  });

  it.each([[{ keyStore: 'nowhere' }], [{ keyManager: 'nowhere' }]])(
    'the unknown name in %j → not-found',
    async (query) => {
      await expect(async () => listKeys({ query }, 'ann')).rejects.toMatchObject({
        code: 'not-found',
      });
    },
  );

  it('a key manager that cannot list → unsupported, unless the filter leaves it out', async () => {
    const operations = createAdminOperations(() => inForce(listing('hr'), {}));
    await expect(async () => operations.listKeys({ query: {} }, 'ann')).rejects.toMatchObject({
      code: 'unsupported',
    });
    const { keys } = await operations.listKeys({ query: { keyManager: 'files' } }, 'ann');
    expect(keys).toHaveLength(1);
  });

  it('a damaged key → listed as disabled, with its problem and nothing invented', async () => {
    const damaged: KeySummary = {
      description: {
        externalKeyId: 'torn',
        usage: new Set(),
        enabled: false,
        current: undefined,
        versions: new Map(),
      },
      problem: 'the document is truncated',
    };
    const files = { listKeys: () => Promise.resolve([damaged]) };
    const operations = createAdminOperations(() => inForce(files));
    expect(await operations.listKeys({ query: { keyManager: 'files' } }, 'ann')).toEqual({
      keys: [
        {
          externalKeyId: 'torn',
          keyManager: 'files',
          keyStores: ['production'],
          wrappingKeys: [],
          usage: [],
          state: 'Disabled',
          enabled: false,
          origin: 'found',
          tags: {},
          aliases: [],
          adopted: false,
          problem: 'the document is truncated',
          versions: [],
        },
      ],
      gaps: [],
    });
  });
});

describe('showKey', () => {
  const { showKey } = createAdminOperations(() =>
    inForce(listing('hr', 'pay-1'), listing('pay-1')),
  );
  const show = async (externalKeyId: string, query = {}) =>
    showKey({ pathParameters: { externalKeyId }, query }, 'ann');

  it('an id that one key manager has → that key', async () => {
    expect(await show('hr')).toMatchObject({ externalKeyId: 'hr', keyManager: 'files' });
  });

  it('an id that several key managers have → conflict, unless the filter says which', async () => {
    await expect(show('pay-1')).rejects.toMatchObject({ code: 'conflict' });
    expect(await show('pay-1', { keyStore: 'elsewhere' })).toMatchObject({ keyManager: 'other' });
  });

  it.each([
    ['an id that nobody has', 'none', {}],
    ['a key that the key store does not expose', 'hr', { keyStore: 'payroll' }],
  ])('%s → not-found', async (_, externalKeyId, query) => {
    await expect(show(externalKeyId, query)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('an id that another replica may have made, the state store away → unavailable', async () => {
    const files = Object.assign(listing('hr'), { listingGap: () => 'the store is away' });
    const alone = createAdminOperations(() => inForce(files, listing('other')));
    const gaps = [{ keyManager: 'files', reason: 'the store is away' }];
    const asked = (externalKeyId: string) =>
      alone.showKey({ pathParameters: { externalKeyId }, query: {} }, 'ann');
    await expect(async () => asked('none')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await asked('hr')).toMatchObject({ externalKeyId: 'hr', gaps });
    const list = (keyManager?: string) => alone.listKeys({ query: { keyManager } }, 'ann');
    expect(await list()).toMatchObject({ keys: [{ keyManager: 'files' }, {}], gaps });
    expect(await list('other')).toMatchObject({ keys: [{ keyManager: 'other' }], gaps: [] });
    const query = { keyManager: 'other' };
    const elsewhere = alone.showKey({ pathParameters: { externalKeyId: 'none' }, query }, 'ann');
    await expect(async () => elsewhere).rejects.toMatchObject({ code: 'not-found' });
  });
});

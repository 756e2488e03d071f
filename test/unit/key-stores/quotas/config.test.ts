import { expect, it } from 'vitest';
import { load, pathsOf, refusal, withStore } from '../../../support/configuration-fixture.js';

it('quotas of each holder → as they are written', () => {
  const perCredential = { requestsPerSecond: 100, burst: 500 };
  const quotas = { requestsPerSecond: 1_000, perCredential, perAccount: { concurrency: 10 } };
  const [keyStore] = load(withStore({ quotas })).loaded.configuration.keyStores;
  expect(keyStore?.quotas).toEqual(quotas);
});

it.each<[string, unknown, string[]]>([
  ['nothing in them', {}, ['']],
  ['a burst without a rate', { burst: 5, concurrency: 5 }, ['.burst']],
  [
    'an account with a burst alone',
    { perAccount: { burst: 5 } },
    ['.perAccount', '.perAccount.burst'],
  ],
  ['an empty limit', { perCredential: {} }, ['.perCredential']],
  ['a rate of 0', { requestsPerSecond: 0 }, ['.requestsPerSecond']],
  ['a rate by halves', { requestsPerSecond: 1.5 }, ['.requestsPerSecond']],
  ['an unknown field', { concurrency: 1, perKey: {} }, ['.perKey']],
])('%s → refused, with its place', (_, quotas, places) => {
  expect(pathsOf(refusal(withStore({ quotas })).problems)).toEqual(
    places.map((place) => `keyStores[0].quotas${place}`),
  );
});

import { expect, it } from 'vitest';
import type { InForce } from '../../../src/admin/in-force.js';
import {
  cancelDeletion,
  scheduleDeletion,
  showCertificate,
} from '../../../src/admin/operations/key-deletion.js';
import { adoptKey } from '../../../src/admin/operations/key-acts.js';
import { retireKeyVersion } from '../../../src/admin/operations/key-versions.js';
import type { KeySummary } from '../../../src/key-managers/backend.js';
import { AdministrationInMemory, inForce, keySummary } from '../../support/admin-fixture.js';

const DAY_MS = 86_400_000;
const KEY = { pathParameters: { externalKeyId: 'payroll' }, query: {} };
const BY = 'alice';

/** Keys that can be destroyed: `payroll`, which has two versions and is adopted. */
class DestroyableKeys extends AdministrationInMemory {
  override listKeys(): Promise<readonly KeySummary[]> {
    const key = keySummary('payroll');
    const { current } = key.description;
    if (current === undefined) return Promise.resolve([]);
    const newest = { ...current, version: 2 };
    const versions = new Map([
      [1, current],
      [2, newest],
    ]);
    return Promise.resolve([
      { ...key, description: { ...key.description, current: newest, versions } },
    ]);
  }

  destroyKey(): Promise<void> {
    return Promise.resolve();
  }

  destroyVersion(): Promise<void> {
    return Promise.resolve();
  }
}

async function withAdoptedKey(overrides: Partial<InForce> = {}): Promise<InForce> {
  const served = { ...inForce(new DestroyableKeys()), ...overrides };
  await adoptKey(served, { ...KEY, query: { keyManager: 'files' } }, BY);
  return served;
}

const refused = (code: string, words: string | RegExp) => ({
  name: 'AdminError',
  code,
  message: expect.stringMatching(words) as string,
});

it('a key is scheduled for deletion and the deletion is cancelled → PendingDeletion with its date, then Disabled', async () => {
  const served = await withAdoptedKey();
  const before = Date.now();
  const scheduled = await scheduleDeletion(served, { ...KEY, body: { days: 7 } }, BY);
  expect(scheduled).toMatchObject({ keyManager: 'files', state: 'PendingDeletion' });
  expect(Date.parse(scheduled.deletionAt)).toBeGreaterThanOrEqual(before + 7 * DAY_MS);
  await expect(scheduleDeletion(served, { ...KEY, body: { days: 30 } }, BY)).rejects.toMatchObject(
    refused('invalid-state', /PendingDeletion/u),
  );
  expect(await cancelDeletion(served, { ...KEY, body: {} })).toMatchObject({ state: 'Disabled' });
  await expect(cancelDeletion(served, { ...KEY, body: {} })).rejects.toMatchObject(
    refused('invalid-state', /Disabled/u),
  );
});

it('a key that was found and not adopted → not scheduled, and what to do', async () => {
  const served = inForce(new DestroyableKeys());
  await expect(scheduleDeletion(served, { ...KEY, body: { days: 7 } }, BY)).rejects.toMatchObject(
    refused('invalid-state', /holdfast keys adopt payroll/u),
  );
});

it('a key that nobody has → not found', async () => {
  const request = { pathParameters: { externalKeyId: 'nobodys' }, query: {}, body: { days: 7 } };
  await expect(scheduleDeletion(await withAdoptedKey(), request, BY)).rejects.toMatchObject(
    refused('not-found', /nobodys/u),
  );
});

it('nothing was destroyed → no certificate, and it says so', async () => {
  const served = await withAdoptedKey();
  await expect(showCertificate(served, KEY)).rejects.toMatchObject(
    refused('not-found', /none of its material was destroyed/u),
  );
  const ofVersion = { ...KEY, query: { version: '1' } };
  await expect(showCertificate(served, ofVersion)).rejects.toMatchObject(
    refused('not-found', /version 1 of payroll/u),
  );
});

const RETIRED = { ...KEY, body: { version: 1, unusedDays: 90, days: 7 } };

/** The use of keys as replicas have told of it. */
function usedLast(
  lastDaysAgo: number | undefined,
  sinceDays: number | undefined,
): InForce['keyUse'] {
  const minute = (daysAgo: number) => Math.floor((Date.now() - daysAgo * DAY_MS) / 60_000);
  const last = lastDaysAgo === undefined ? undefined : minute(lastDaysAgo);
  return {
    of: () => (last === undefined ? new Map() : new Map([[1, { decrypted: [last, last] }]])),
    tell: () => Promise.resolve(),
    reporting: {
      completeness: {
        sinceMs: sinceDays === undefined ? undefined : Date.now() - sinceDays * DAY_MS,
        gaps: sinceDays === undefined ? ['xks-2 has not reported'] : [],
      },
      othersSince: () => [],
    },
  };
}

it('a version that nothing has used for as long → waits for its destruction, until that is cancelled', async () => {
  const served = await withAdoptedKey({ keyUse: usedLast(100, 400) });
  const retired = await retireKeyVersion(served, RETIRED, BY);
  expect(retired.state).toBe('Enabled');
  expect(Date.parse(retired.deletionAt)).toBeGreaterThan(Date.now() + 6 * DAY_MS);
  await cancelDeletion(served, { ...KEY, body: { version: 1 } });
  await expect(cancelDeletion(served, { ...KEY, body: { version: 1 } })).rejects.toMatchObject(
    refused('invalid-state', /does not wait/u),
  );
});

it.each([
  ['was used 89 days ago', usedLast(89, 400), /was used at/u],
  ['is known for 60 days alone', usedLast(undefined, 60), /every use is known since/u],
  ['is not told of by every replica', usedLast(undefined, undefined), /xks-2 has not reported/u],
])('a version that %s → not retired, because unknown is not unused', async (_, keyUse, words) => {
  const served = await withAdoptedKey({ keyUse });
  await expect(retireKeyVersion(served, RETIRED, BY)).rejects.toMatchObject(
    refused('invalid-state', words),
  );
});

it('the version that encrypts → not retired', async () => {
  const served = await withAdoptedKey({ keyUse: usedLast(100, 400) });
  const newest = { ...RETIRED, body: { ...RETIRED.body, version: 2 } };
  await expect(retireKeyVersion(served, newest, BY)).rejects.toMatchObject(
    refused('invalid-state', /rotate the key first/u),
  );
});

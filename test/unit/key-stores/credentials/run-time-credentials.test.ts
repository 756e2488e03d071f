import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptCredential } from '../../../../src/key-stores/credentials/documents.js';
import type { CollectionInMemory } from '../../../support/collection-in-memory.js';
import {
  masterKey,
  NONE_TAKEN,
  openedCredentials,
  WANTED,
} from '../../../support/run-time-credentials.js';

const NOBODY = 'Z'.repeat(24);
const HOUR_MS = 3_600_000;

async function withOne(more: Partial<typeof WANTED & Pick<KeptCredential, 'notAfter'>> = {}) {
  const opened = await openedCredentials();
  const added = await opened.credentials.add({ ...WANTED, ...more }, NONE_TAKEN);
  return { ...opened, ...added };
}

function valueIn(collection: CollectionInMemory<KeptCredential>, index = 0) {
  const document = collection.list()[index];
  if (document?.kind !== 'value') throw new Error('there is one');
  return document;
}

describe('a credential that is added', () => {
  it('→ valid at once, for its key store alone, and sealed in the store', async () => {
    const { credentials, collection, accessKeyId, secretAccessKey } = await withOne();
    const secret = secretAccessKey.reveal();
    expect(credentials.secretOf('production', accessKeyId)?.reveal()).toBe(secret);
    expect(credentials.secretOf('payroll', accessKeyId)).toBeUndefined();
    expect(credentials.standingOf('payroll', accessKeyId)).toBeUndefined();
    expect(JSON.stringify(collection.list())).not.toContain(secret);
  });

  it('another replica, and one that starts later → the same secret', async () => {
    const other = await openedCredentials();
    const { collection } = other;
    const { credentials } = await openedCredentials({ collection });
    const { accessKeyId, secretAccessKey } = await credentials.add(WANTED, NONE_TAKEN);
    const { credentials: later } = await openedCredentials({ collection });
    await expect
      .poll(() => other.credentials.secretOf('production', accessKeyId)?.reveal())
      .toBe(secretAccessKey.reveal());
    expect(later.secretOf('production', accessKeyId)?.reveal()).toBe(secretAccessKey.reveal());
  });

  it('an id that somebody has, or had → another one is made', async () => {
    const { credentials } = await openedCredentials();
    const asked: string[] = [];
    const { accessKeyId } = await credentials.add(WANTED, (id) => asked.push(id) < 3);
    expect(asked).toHaveLength(3);
    expect(accessKeyId).toBe(asked[2]);
  });

  it('no key that seals → refused, and said what to configure', async () => {
    const { credentials, collection } = await openedCredentials({ masterKey: undefined });
    await expect(credentials.add(WANTED, NONE_TAKEN)).rejects.toThrow(/state\.sealing/);
    expect(collection.list()).toEqual([]);
  });
});

describe('a credential', () => {
  it('disabled → no secret until it is enabled; then another Secret, so that nothing is remembered', async () => {
    const { credentials, accessKeyId } = await withOne();
    const before = credentials.secretOf('production', accessKeyId);
    await credentials.setDisabled(accessKeyId, true);
    expect(credentials.secretOf('production', accessKeyId)).toBeUndefined();
    expect(credentials.standingOf('production', accessKeyId)).toBe('disabled');
    await credentials.setDisabled(accessKeyId, false);
    const after = credentials.secretOf('production', accessKeyId);
    expect(after).not.toBe(before);
    expect(after?.reveal()).toBe(before?.reveal());
  });

  it('removed → unknown, also to a replica that starts later; its id is never given again', async () => {
    const { credentials, collection, accessKeyId } = await withOne();
    await credentials.remove(accessKeyId);
    const { credentials: later } = await openedCredentials({ collection });
    for (const each of [credentials, later]) {
      expect(each.secretOf('production', accessKeyId)).toBeUndefined();
      expect(each.standingOf('production', accessKeyId)).toBeUndefined();
      expect(each.list()).toEqual([]);
    }
    await expect(credentials.remove(accessKeyId)).rejects.toThrow('has just been removed');
  });

  it('any times → valid from its beginning until just before its end', async () => {
    const opened = await openedCredentials();
    const { credentials, clock } = opened;
    const start = clock.nowMs;
    const offset = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(offset, offset, async (begin, end) => {
        const at = (hours?: number) =>
          hours === undefined ? undefined : new Date(start + hours * HOUR_MS).toISOString();
        const times = { notBefore: at(begin), notAfter: at(end) };
        const { accessKeyId } = await credentials.add({ ...WANTED, ...times }, NONE_TAKEN);
        for (let hour = -6; hour <= 6; hour += 1) {
          clock.nowMs = start + hour * HOUR_MS;
          const isValid = (begin ?? -9) <= hour && hour < (end ?? 9);
          expect(credentials.secretOf('production', accessKeyId) !== undefined).toBe(isValid);
          const standing = credentials.standingOf('production', accessKeyId);
          expect(standing === 'valid').toBe(isValid);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what the store says', () => {
  it.each([
    ['another access key id', { accessKeyId: NOBODY }],
    ['another key store', { keyStore: 'payroll' }],
  ])('a sealed secret put under %s → refused, and named in the log', async (_, changed) => {
    const { collection, secretAccessKey, accessKeyId } = await withOne();
    const value = { ...valueIn(collection).value, ...changed };
    await collection.put(`${value.keyStore}/${value.accessKeyId}`, value, 0);
    const { credentials, captured } = await openedCredentials({ collection });
    expect(credentials.secretOf(value.keyStore, value.accessKeyId)).toBeUndefined();
    expect(credentials.standingOf(value.keyStore, value.accessKeyId)).toBe('unreadable');
    expect(credentials.secretOf('production', accessKeyId)).toBeDefined();
    const log = JSON.stringify(captured.lines());
    expect(log).toContain(value.accessKeyId);
    expect(log).not.toContain(secretAccessKey.reveal());
  });

  it('a document under the id of another → nobody’s', async () => {
    const { collection } = await withOne();
    await collection.put(`production/${NOBODY}`, valueIn(collection).value, 0);
    const { credentials } = await openedCredentials({ collection });
    expect(credentials.standingOf('production', NOBODY)).toBeUndefined();
  });

  it.each([
    ['another master key', masterKey(8)],
    ['no master key', undefined],
  ])('the configuration has %s → not opened, and said what to mend', async (_, other) => {
    const { collection, accessKeyId, secretAccessKey } = await withOne();
    const opening = openedCredentials({ collection, masterKey: other });
    await expect(opening).rejects.toThrow(
      new RegExp(`${accessKeyId} of the key store production .*state\\.sealing`),
    );
    await expect(opening).rejects.not.toThrow(secretAccessKey.reveal());
  });

  it('disabled on another replica while it is being opened → stays disabled', async () => {
    const { collection, credentials, accessKeyId } = await withOne();
    await credentials.setDisabled(accessKeyId, true);
    const other = await openedCredentials({ collection });
    const enabling = credentials.setDisabled(accessKeyId, false);
    await enabling;
    await credentials.setDisabled(accessKeyId, true);
    await Promise.resolve();
    expect(other.credentials.secretOf('production', accessKeyId)).toBeUndefined();
  });
});

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { makeNssToken, nssModule } from '../../support/nss.js';
import {
  currentRef,
  longDeadline,
  type OpenedToken,
  openToken,
  type OpenOptions,
  refusalOf,
  type TestToken,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { actOnToken } from '../../support/token-tool.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('what it belongs to');
const PLAINTEXT = Buffer.alloc(32, 7);
const ROUNDS = 4;

type RemovableToken = TestToken & { remove(): void };

describe('a key that is made', () => {
  describeWithModule('in SoftHSM', softHsmModule, () => {
    suite(makeSoftHsmToken, ['{version}', undefined]);
  });

  describeWithModule('in NSS softokn', nssModule, () => {
    suite(makeNssToken, ['{externalKeyId}:{version}', undefined]);

    it('with templates that tell CKA_IDs not apart → refused, and no key is lost', async () => {
      const token = await makeNssToken();
      onTestFinished(() => {
        token.remove();
      });
      const manager = await open(token, 'one', { config: { keyId: '{version}' } });
      const creation = manager.administration.createKey('k', BOTH);
      expect(await refusalOf(creation)).toBe('conflict');
      expect(await actOnToken(token)).toEqual([{ label: HEALTH_TEST_KEY_ID, id: '1' }]);
    });

    it('with the CKA_ID of a key of somebody else → refused, and that is still there', async () => {
      const token = await makeNssToken();
      onTestFinished(() => {
        token.remove();
      });
      const foreign = { label: 'not ours', id: 'k:1' };
      await actOnToken(token, ['generate', foreign]);
      const config = { keyId: '{externalKeyId}:{version}' };
      const manager = await open(token, 'one', { config });
      expect(await refusalOf(manager.administration.createKey('k', BOTH))).toBe('conflict');
      expect(await actOnToken(token)).toContainEqual(foreign);
    });
  });
});

function suite(makeToken: () => Promise<RemovableToken>, keyIds: readonly (string | undefined)[]) {
  let token: RemovableToken;

  beforeEach(async () => {
    token = await makeToken();
  });

  afterEach(() => {
    token.remove();
  });

  it.each(keyIds)('keyId %s → every key that was there still opens what it made', async (keyId) => {
    const manager = await open(token, 'one', { config: keyId === undefined ? {} : { keyId } });
    const made = [];
    for (const id of ['a', 'b', 'c']) {
      await manager.administration.createKey(id, BOTH);
      const ref = await currentRef(manager, id);
      made.push({ ref, sealed: await encrypt(manager, id) });
    }
    const again = await open(token, 'another', { config: keyId === undefined ? {} : { keyId } });
    for (const { ref, sealed } of made) {
      expect(await again.node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
    }
    expect(await actOnToken(token)).toHaveLength(4);
  });

  it('by two processes at once → one key or none, never two, and none takes the place of another', async () => {
    const options = { config: { keyId: '{externalKeyId}:{version}' } };
    const one = await open(token, 'one', options);
    const other = await open(token, 'other', options);
    await one.administration.createKey('before', BOTH);
    const before = await encrypt(one, 'before');
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = `k-${String(round)}`;
      const results = await Promise.allSettled(
        [one, other].map(({ administration }) => administration.createKey(id, BOTH)),
      );
      const made = results.filter(({ status }) => status === 'fulfilled').length;
      expect(made).toBeLessThanOrEqual(1);
      const objects = (await actOnToken(token)).filter(({ label }) => label === id);
      expect(objects).toEqual(made === 1 ? [{ label: id, id: `${id}:1` }] : []);
      if (made === 1) await encrypt(other, id);
    }
    const ref = await currentRef(other, 'before');
    expect(await other.node.decrypt(ref, before, AAD, longDeadline())).toEqual(PLAINTEXT);
  });
}

async function open(token: TestToken, name: string, options: OpenOptions): Promise<OpenedToken> {
  const countersDirectory = join(token.folder, `counters-${name}`);
  const config = { countersDirectory, ...options.config };
  const manager = await openToken(token, { ...options, config });
  onTestFinished(() => manager.node.close());
  return manager;
}

async function encrypt(manager: OpenedToken, externalKeyId: string) {
  const ref = await currentRef(manager, externalKeyId);
  return manager.node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
}

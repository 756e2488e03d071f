import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { checkedAdministration } from '../../../src/key-managers/nodes/checked-administration.js';
import type { Pkcs11KeyManager } from '../../../src/key-managers/pkcs11/create.js';
import { longDeadline, openTokens, refusalOf } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

describeWithModule('two tokens with copies of one key', softHsmModule, () => {
  let token: SoftHsmToken;
  let manager: Pkcs11KeyManager;

  beforeAll(async () => {
    token = await makeSoftHsmToken();
    await token.initialise('second');
    for (const label of ['holdfast', 'second']) {
      await token.importKey('k', '1', Buffer.from('0123456789abcdef0123456789abcdef'), label);
      const testKey = Buffer.from('fedcba9876543210fedcba9876543210');
      await token.importKey(HEALTH_TEST_KEY_ID, '1', testKey, label);
    }
    manager = await openTokens(token, [{ label: 'holdfast' }, { label: 'second' }]);
  });

  afterAll(async () => {
    await Promise.all(manager.nodes.map((node) => node.close()));
    token.remove();
  });

  it('one encrypts → the other decrypts, and each is itself', async () => {
    const [one, other] = manager.nodes;
    const description = await one?.describeKey('k', longDeadline());
    expect(await other?.describeKey('k', longDeadline())).toEqual(description);
    const version = description?.current;
    if (one === undefined || other === undefined || version === undefined) expect.unreachable();
    const ref = { externalKeyId: 'k', version };
    const sealed = await one.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    expect(await other.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
    expect(new Set(manager.nodes.map(({ name }) => name)).size).toBe(2);
  });

  it('several tokens → listed once, and no key is made in one of them', async () => {
    const listed = await checkedAdministration(manager.administration).listKeys?.();
    expect(listed?.map(({ description }) => description.externalKeyId)).toEqual(['k']);
    expect('createKey' in manager.administration).toBe(false);
  });

  it('a missing key → missing in both', async () => {
    for (const node of manager.nodes) {
      expect(await refusalOf(node.describeKey('no', longDeadline()))).toBe('key-not-found');
    }
  });
});

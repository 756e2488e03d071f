import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { openToken } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { type Replica, replicaOn } from '../../support/replica.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { actOnToken } from '../../support/token-tool.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const FIRST = { label: 'k', id: 'k:1' };
const SECOND = { label: 'k', id: 'k:2' };

describeWithModule('two replicas on one token', softHsmModule, () => {
  let token: SoftHsmToken;
  let one: Replica;
  let other: Replica;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
    one = await replica('one');
    other = await replica('other');
  });

  afterEach(() => {
    token.remove();
  });

  async function replica(name: string): Promise<Replica> {
    const config = {
      keyId: '{externalKeyId}:{version}',
      countersDirectory: join(token.folder, `counters-${name}`),
    };
    const { node, administration } = await openToken(token, { config });
    onTestFinished(() => node.close());
    if (name === 'one') await administration.createKey('k', BOTH);
    return replicaOn([node]);
  }

  it('a new version, and the old one may encrypt no more → either encrypts, and either opens, at once', async () => {
    const old = await one.encrypt('k');
    expect(await other.decrypt('k', old)).toBe('opened');
    await actOnToken(token, ['generate', SECOND], ['forbidEncryption', FIRST]);
    const made = await one.encrypt('k');
    expect(made.status).toBe(200);
    expect(await other.decrypt('k', made)).toBe('opened');
    expect(await other.decrypt('k', old)).toBe('opened');
    expect((await other.encrypt('k')).status).toBe(200);
  });

  it('the old version destroyed → encrypts under the new one; the old ciphertext → InvalidCiphertext', async () => {
    const old = await one.encrypt('k');
    await actOnToken(token, ['generate', SECOND], ['destroy', FIRST]);
    expect((await one.encrypt('k')).status).toBe(200);
    expect(await one.decrypt('k', old)).toBe('InvalidCiphertextException');
    expect(await other.decrypt('k', old)).toBe('InvalidCiphertextException');
  });

  it('a key replaced under its names → encrypts with the new material, and opens what another made', async () => {
    const old = await one.encrypt('k');
    expect(await other.decrypt('k', old)).toBe('opened');
    await actOnToken(token, ['destroy', FIRST], ['generate', FIRST]);
    const made = await one.encrypt('k');
    expect(made.status).toBe(200);
    expect(await other.decrypt('k', made)).toBe('opened');
    expect(await other.decrypt('k', old)).toBe('InvalidCiphertextException');
  });

  it('a key destroyed → KeyNotFound; made anew → encrypts at once', async () => {
    await one.encrypt('k');
    await actOnToken(token, ['destroy', FIRST]);
    expect((await one.encrypt('k')).status).toBe(404);
    await actOnToken(token, ['generate', FIRST]);
    expect((await one.encrypt('k')).status).toBe(200);
  });
});

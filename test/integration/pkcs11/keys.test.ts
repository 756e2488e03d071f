import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  currentRef,
  longDeadline,
  type OpenedToken,
  openToken,
  type OpenOptions,
  refusalOf,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('what it belongs to');

describeWithModule('the keys of a token', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
  });

  afterEach(() => {
    token.remove();
  });

  let opened = 0;
  async function open(options: OpenOptions = {}): Promise<OpenedToken> {
    opened += 1;
    const countersDirectory = join(token.folder, `counters-${opened}`);
    const config = { countersDirectory, ...options.config };
    const manager = await openToken(token, { ...options, config });
    onTestFinished(() => manager.node.close());
    return manager;
  }

  it('a key made by another process → found without a restart', async () => {
    const manager = await open();
    expect(await refusalOf(manager.node.describeKey('k', longDeadline()))).toBe('key-not-found');
    await token.importKey('k', '1', aesMaterial(32));
    await expect
      .poll(() => refusalOf(manager.node.describeKey('k', longDeadline())), { timeout: 5_000 })
      .toBe(undefined);
  });

  it('an AES-128 key → unsupported, and listed with the reason', async () => {
    const manager = await open();
    await token.importKey('k', '1', aesMaterial(16));
    expect(await refusalOf(manager.node.describeKey('k', longDeadline()))).toBe('unsupported');
    expect(await manager.administration.listKeys()).toMatchObject([
      { problem: 'the secret key k is not an AES-256 key', description: { enabled: false } },
    ]);
  });

  it('two objects of one name → misconfigured, whichever operation, and listed as a problem', async () => {
    const manager = await open();
    await manager.administration.createKey('k', BOTH);
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, Buffer.alloc(32), AAD, longDeadline());
    await token.importKey('k', '2', aesMaterial(32));
    const other = await open();
    expect(await refusalOf(other.node.describeKey('k', longDeadline()))).toBe('misconfigured');
    expect(await refusalOf(other.node.decrypt(ref, sealed, AAD, longDeadline()))).toBe(
      'misconfigured',
    );
    expect(await other.administration.listKeys()).toMatchObject([
      { problem: expect.stringContaining('2 objects') },
    ]);
  });

  it('versions in CKA_ID → the highest is current, and the older one decrypts', async () => {
    const config = { keyId: '{version}' };
    const manager = await open({ config });
    await manager.administration.createKey('k', BOTH);
    const first = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(first, Buffer.alloc(32, 5), AAD, longDeadline());
    await token.importKey('k', '2', aesMaterial(32));
    const later = await open({ config });
    const { current, versions } = await later.node.describeKey('k', longDeadline());
    expect([current?.version, [...versions.keys()]]).toEqual([2, [1, 2]]);
    expect(await later.node.decrypt(first, sealed, AAD, longDeadline())).toEqual(
      Buffer.alloc(32, 5),
    );
  });

  it('versions in CKA_LABEL, with a prefix → found among other keys', async () => {
    const manager = await open({ config: { keyLabel: 'xks/{externalKeyId}:{version}' } });
    await manager.administration.createKey('k.1', BOTH);
    await manager.administration.createKey('k', BOTH);
    await token.importKey('somebody-else', '9', aesMaterial(32));
    const listed = await manager.administration.listKeys();
    expect(listed.map(({ description }) => description.externalKeyId)).toEqual(['k', 'k.1']);
  });

  it('one material in two tokens → one name', async () => {
    const material = aesMaterial(32);
    await token.importKey('k', '1', material);
    const ref = await currentRef(await open(), 'k');
    await token.initialise();
    await token.importKey('k', '7', material);
    const again = await currentRef(await open(), 'k');
    expect(again.version.materialName).toEqual(ref.version.materialName);
  });

  it('the name of the material → as documented', async () => {
    const material = aesMaterial(32);
    await token.importKey('k', '1', material);
    const { version } = await currentRef(await open(), 'k');
    const block = createCipheriv('aes-256-ecb', material, null).update('holdfast.name.v1');
    const digest = createHash('sha256').update(block).digest();
    expect(version.materialName).toEqual(digest.subarray(0, 8));
  });

  it('keys of every usage → names of their own', async () => {
    const manager = await open();
    await manager.administration.createKey('d', new Set(['DECRYPT']));
    await manager.administration.createKey('e', new Set(['ENCRYPT']));
    await manager.administration.createKey('n', new Set());
    const names = await Promise.all(['d', 'e', 'n'].map((id) => currentRef(manager, id)));
    expect(new Set(names.map(({ version }) => version.materialName.toString('hex'))).size).toBe(3);
  });
});

/** Letters and digits, which softhsm2-util reads to the end. */
function aesMaterial(bytes: number): Buffer {
  return Buffer.from(randomBytes(bytes / 2).toString('hex'));
}

import { readdirSync, writeFileSync } from 'node:fs';
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
import { replicaOn } from '../../support/replica.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { actOnToken } from '../../support/token-tool.js';

const LIMITS = { blockSize: 4, perVersion: 12 };
const NO_AAD = Buffer.alloc(0);

describeWithModule('encryptions with IVs of ours', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
  });

  afterEach(() => {
    token.remove();
  });

  async function open(options: OpenOptions = {}): Promise<OpenedToken> {
    const manager = await openToken(token, options);
    onTestFinished(() => manager.node.close());
    return manager;
  }

  async function encryptOnce(manager: OpenedToken): Promise<string | undefined> {
    const ref = await currentRef(manager, 'k');
    const text = Buffer.alloc(32);
    return refusalOf(manager.node.encrypt(ref, text, NO_AAD, longDeadline()));
  }

  async function openWithKey(): Promise<OpenedToken> {
    const manager = await open({ start: { limits: LIMITS } });
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    return manager;
  }

  it('the limit → exhausted, DEGRADED, listed with the reason, and decryption goes on', async () => {
    const manager = await openWithKey();
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, Buffer.alloc(9), NO_AAD, longDeadline());
    for (let made = 1; made < LIMITS.perVersion; made += 1) {
      expect(await encryptOnce(manager)).toBe(undefined);
    }
    expect(await encryptOnce(manager)).toBe('exhausted');
    expect(await manager.node.decrypt(ref, sealed, NO_AAD, longDeadline())).toHaveLength(9);
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringContaining('need a new version in the token: k'),
    });
    expect(await manager.administration.listKeys()).toMatchObject([
      { encryptionsLeft: 0, problem: expect.stringContaining('all the encryptions') },
    ]);
    await manager.node.close();
    const again = await open({ start: { limits: LIMITS } });
    expect(await again.administration.listKeys()).toMatchObject([{ encryptionsLeft: 0 }]);
    expect((await again.node.checkHealth(longDeadline())).status).toBe('DEGRADED');
  });

  it('the limit, and a new version in the token → encrypts with that at once, and ACTIVE again', async () => {
    const config = { keyId: '{externalKeyId}:{version}' };
    const manager = await open({ config, start: { limits: { blockSize: 2, perVersion: 2 } } });
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    for (let made = 0; made < 2; made += 1) await encryptOnce(manager);
    const replica = replicaOn([manager.node]);
    expect((await replica.encrypt('k')).errorName).toBe('InvalidStateException');
    await actOnToken(token, ['generate', { label: 'k', id: 'k:2' }]);
    expect((await replica.encrypt('k')).status).toBe(200);
    expect(await manager.node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
    const [listed] = await manager.administration.listKeys();
    expect(listed).toMatchObject({ encryptionsLeft: 1, description: { current: { version: 2 } } });
    expect(listed).not.toHaveProperty('problem');
  });

  it('a tenth left → a warning in the log, once', async () => {
    const logged: string[] = [];
    const manager = await open({ logged, start: { limits: { blockSize: 4, perVersion: 40 } } });
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    for (let made = 0; made < 40; made += 1) await encryptOnce(manager);
    expect(logged.filter((line) => line.includes('encryptions left'))).toHaveLength(1);
  });

  it('a key that Holdfast made → when that was, also after a restart; of others it is not known', async () => {
    const manager = await openWithKey();
    await actOnToken(token, ['generate', { label: 'other' }]);
    await manager.node.close();
    const again = await open({ start: { limits: LIMITS } });
    const [ours, others] = await again.administration.listKeys();
    expect(Math.abs(Date.now() - (ours?.createdAt?.getTime() ?? 0))).toBeLessThan(600_000);
    expect(others).not.toHaveProperty('createdAt');
  });

  it('a restart → every reserved encryption counts as made', async () => {
    const manager = await openWithKey();
    expect(await encryptOnce(manager)).toBe(undefined);
    await manager.node.close();
    const again = await open({ start: { limits: LIMITS } });
    const [summary] = await again.administration.listKeys();
    const { perVersion: encryptionLimit, blockSize } = LIMITS;
    const encryptionsLeft = encryptionLimit - blockSize;
    expect(summary).toMatchObject({ encryptionsLeft, encryptionLimit });
  });

  it('a disk that fails → Encrypt fails, DEGRADED, and decryption goes on', async () => {
    const broken = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    const manager = await open({ start: { writeFile: broken } });
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    expect(await encryptOnce(manager)).toBe('internal');
    expect((await manager.node.checkHealth(longDeadline())).status).toBe('DEGRADED');
  });

  it('a damaged counter → Encrypt fails, and nothing is counted from zero', async () => {
    const manager = await openWithKey();
    expect(await encryptOnce(manager)).toBe(undefined);
    const name = (await currentRef(manager, 'k')).version.materialName.toString('hex');
    await manager.node.close();
    const directory = join(token.folder, 'counters');
    expect(readdirSync(directory)).toContain(`${name}.json`);
    writeFileSync(join(directory, `${name}.json`), '{');
    expect(await encryptOnce(await open())).toBe('internal');
  });
});

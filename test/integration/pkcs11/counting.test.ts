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
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';

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

  it('the limit → usage-denied for encryption, and decryption goes on', async () => {
    const manager = await openWithKey();
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, Buffer.alloc(9), NO_AAD, longDeadline());
    for (let made = 1; made < LIMITS.perVersion; made += 1) {
      expect(await encryptOnce(manager)).toBe(undefined);
    }
    expect(await encryptOnce(manager)).toBe('usage-denied');
    expect(await manager.node.decrypt(ref, sealed, NO_AAD, longDeadline())).toHaveLength(9);
    expect((await manager.node.checkHealth(longDeadline())).status).toBe('ACTIVE');
  });

  it('a restart → every reserved encryption counts as made', async () => {
    const manager = await openWithKey();
    expect(await encryptOnce(manager)).toBe(undefined);
    await manager.node.close();
    const again = await open({ start: { limits: LIMITS } });
    const [summary] = await again.administration.listKeys();
    expect(summary?.encryptionsLeft).toBe(LIMITS.perVersion - LIMITS.blockSize);
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

import { rmSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { HEALTH_TEST_KEY_ID, type KeyRef, type Sealed } from '../../../src/key-managers/backend.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { Secret } from '../../../src/shared/secret.js';
import { makeFaultyModule } from '../../support/faulty-module.js';
import {
  currentRef,
  type LoggedMessages,
  longDeadline,
  type OpenedToken,
  openToken,
  type OpenOptions,
  refusalOf,
  type TestToken,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');
/** As long as a request has, and some. */
const REQUEST_MS = 140;
const BACK_WITHIN_MS = 5_000;

describeWithModule('a token that fails', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
  });

  afterEach(() => {
    token.remove();
  });

  async function open(options: OpenOptions = {}, opened: TestToken = token): Promise<OpenedToken> {
    const manager = await openToken(opened, options);
    onTestFinished(() => manager.node.close());
    return manager;
  }

  async function openWithKey(options?: OpenOptions, opened?: TestToken) {
    const manager = await open(options, opened);
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    const ref = await currentRef(manager, 'k');
    return { manager, ref, sealed: await encrypt(manager, ref) };
  }

  it('a child killed → replaced, and the next requests are served', async () => {
    const { manager, ref, sealed } = await openWithKey();
    const [pid] = manager.childPids();
    process.kill(pid ?? 0, 'SIGKILL');
    await backInService(manager, ref, sealed);
    expect(manager.childPids()).not.toContain(pid);
  });

  it('a child that hangs → deadline for who waits, then killed and replaced', async () => {
    const { manager, ref, sealed } = await openWithKey();
    const [pid] = manager.childPids();
    process.kill(pid ?? 0, 'SIGSTOP');
    const refusal = await refusalOf(
      manager.node.decrypt(ref, sealed, AAD, Deadline.after(systemClock, REQUEST_MS)),
    );
    expect(refusal).toBe('deadline');
    await backInService(manager, ref, sealed);
    expect(manager.childPids()).not.toContain(pid);
  });

  it.each(['hang', 'crash'])(
    'a library whose calls %s → an answer in time, and back when they do not',
    async (fault) => {
      const faulty = await makeFaultyModule(token);
      const { manager, ref, sealed } = await openWithKey({}, faulty.token);
      faulty.fail(fault);
      expect(['deadline', 'unreachable']).toContain(await decrypt(manager, ref, sealed));
      faulty.recover();
      await backInService(manager, ref, sealed);
    },
  );

  it('a library that changes a bit of a ciphertext → Encrypt with a trial fails, and none is given', async () => {
    const faulty = await makeFaultyModule(token);
    const { manager, ref } = await openWithKey({}, faulty.token);
    const encryptAndTry = () => manager.node.encryptAndTry?.(ref, PLAINTEXT, AAD, longDeadline());
    expect((await encryptAndTry())?.triedSha256).toHaveLength(32);
    faulty.fail('flip');
    await expect(encryptAndTry).rejects.toMatchObject({ code: 'internal' });
    faulty.recover();
    expect((await encryptAndTry())?.triedSha256).toHaveLength(32);
  });

  it('a library that takes 100 ms a call → served, and no child is killed for it', async () => {
    const faulty = await makeFaultyModule(token);
    const { manager, ref, sealed } = await openWithKey({}, faulty.token);
    const pids = manager.childPids();
    faulty.fail('100');
    const crowd = Array.from({ length: 12 }, () => decrypt(manager, ref, sealed));
    const heard = new Set(await Promise.all(crowd));
    expect(heard).toEqual(new Set([undefined, 'deadline']));
    for (let turn = 0; turn < 3; turn += 1) {
      await expect.poll(() => decrypt(manager, ref, sealed)).toBe(undefined);
    }
    // By now it is known how long a call takes: whoever would wait in vain is told at once.
    const second = Array.from({ length: 12 }, () => decrypt(manager, ref, sealed));
    expect(await Promise.race(second)).toBe('overloaded');
    expect(new Set(await Promise.all(second))).toEqual(new Set([undefined, 'overloaded']));
    faulty.recover();
    await backInService(manager, ref, sealed);
    expect(manager.childPids()).toEqual(pids);
  });

  it('one of two children hangs → the other serves', async () => {
    const { manager, ref, sealed } = await openWithKey({ config: { children: 2 } });
    await expect.poll(() => manager.childPids().length).toBe(2);
    process.kill(manager.childPids()[0] ?? 0, 'SIGSTOP');
    const first = decrypt(manager, ref, sealed);
    await sleep(5);
    expect(await decrypt(manager, ref, sealed)).toBe(undefined);
    expect(['deadline', 'unreachable']).toContain(await first);
    await expect.poll(() => manager.childPids().length, { timeout: BACK_WITHIN_MS }).toBe(2);
    expect((await manager.node.checkHealth(longDeadline())).status).toBe('ACTIVE');
  });

  it('a wrong PIN → tried once by all children together, and never again', async () => {
    await (await open()).node.close();
    const logged: LoggedMessages = [];
    const manager = await open({
      pin: new Secret('canary-wrong-pin'),
      config: { children: 4 },
      logged,
    });
    await sleep(500);
    expect(logged.filter((line) => line.includes('refuses the PIN'))).toHaveLength(1);
    expect(await refusalOf(manager.node.describeKey('k', longDeadline()))).toBe('unreachable');
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining('CKR_PIN_INCORRECT'),
    });
  });

  it('no such token → starts UNAVAILABLE, and serves when the token is there', async () => {
    const away = join(token.folder, 'away');
    await (await open()).node.close();
    renameSync(token.tokensFolder, away);
    const manager = await open();
    expect((await manager.node.checkHealth(longDeadline())).status).toBe('UNAVAILABLE');
    renameSync(away, token.tokensFolder);
    await expect
      .poll(async () => (await manager.node.checkHealth(longDeadline())).status, {
        timeout: BACK_WITHIN_MS,
      })
      .toBe('ACTIVE');
  });

  it('a token without the health-test key and no init → misconfigured', async () => {
    expect(await refusalOf(open({ start: { init: false } }))).toBe('misconfigured');
  });

  it('a library that is not there → misconfigured', async () => {
    expect(await refusalOf(open({ config: { module: '/nowhere/lib.so' } }))).toBe('misconfigured');
  });

  it("the token's folder removed → never a missing key, and back with the folder", async () => {
    const { manager, ref, sealed } = await openWithKey();
    const away = join(token.folder, 'away');
    renameSync(token.tokensFolder, away);
    for (const id of ['another', 'k']) {
      const refusal = await refusalOf(manager.node.describeKey(id, longDeadline()));
      expect([undefined, 'unreachable']).toContain(refusal);
    }
    expect(await refusalOf(manager.node.describeKey('another', longDeadline()))).toBe(
      'unreachable',
    );
    renameSync(away, token.tokensFolder);
    await backInService(manager, ref, sealed);
  });

  it('the token made anew with other keys → no old name with new material', async () => {
    const { manager, ref, sealed } = await openWithKey();
    await token.initialise();
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await decrypt(manager, ref, sealed)).not.toBe('invalid-ciphertext');
    }
    const other = await openToken(token, {
      config: { countersDirectory: join(token.folder, 'other-counters') },
    });
    await other.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    await other.node.close();
    await expect
      .poll(() => decrypt(manager, ref, sealed), { timeout: BACK_WITHIN_MS })
      .toBe('version-not-found');
    const renewed = await currentRef(manager, 'k');
    expect(renewed.version.materialName).not.toEqual(ref.version.materialName);
    expect(await decrypt(manager, renewed, await encrypt(manager, renewed))).toBe(undefined);
  });

  it('zeros-in on a token that uses the IV it is given → the node is UNAVAILABLE', async () => {
    await (await open()).node.close();
    const logged: LoggedMessages = [];
    const manager = await open({ config: { profile: 'cloudhsm' }, logged });
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining('IV of zeros'),
    });
    expect(await refusalOf(manager.node.describeKey('k', longDeadline()))).toBe('unreachable');
    rmSync(join(token.folder, 'counters'), { recursive: true });
  });

  it('randomness that repeats itself → the node is UNAVAILABLE', async () => {
    const manager = await open({ ports: { randomBytes: (size) => Buffer.alloc(size, 7) } });
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining('one IV'),
    });
  });

  it('the health-test key → in no listing, and not to be made by hand', async () => {
    const { manager } = await openWithKey();
    const listed = await manager.administration.listKeys();
    expect(listed.map(({ description }) => description.externalKeyId)).toEqual(['k']);
    const usage = new Set(['ENCRYPT', 'DECRYPT'] as const);
    const refusal = (id: string) => refusalOf(manager.administration.createKey(id, usage));
    expect(await refusal(HEALTH_TEST_KEY_ID)).toBe('unsupported');
    for (const id of ['k', 'K']) expect(await refusal(id)).toBe('conflict');
  });
});

async function encrypt({ node }: OpenedToken, ref: KeyRef): Promise<Sealed> {
  return node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
}

/** @returns the code with which it was refused; never with another plaintext */
async function decrypt(
  { node }: OpenedToken,
  ref: KeyRef,
  sealed: Sealed,
): Promise<string | undefined> {
  const deadline = Deadline.after(systemClock, REQUEST_MS);
  return refusalOf(
    Promise.resolve(node.decrypt(ref, sealed, AAD, deadline)).then((opened) => {
      expect(opened).toEqual(PLAINTEXT);
    }),
  );
}

/** Asks until it is served. Nothing that it hears meanwhile blames the key or the ciphertext. */
async function backInService(manager: OpenedToken, ref: KeyRef, sealed: Sealed): Promise<void> {
  const heard = new Set<string | undefined>();
  await expect
    .poll(
      async () => {
        const refusal = await decrypt(manager, ref, sealed);
        heard.add(refusal);
        return refusal;
      },
      { timeout: BACK_WITHIN_MS },
    )
    .toBe(undefined);
  heard.delete(undefined);
  for (const code of heard) expect(['unreachable', 'deadline']).toContain(code);
  await encrypt(manager, ref);
}

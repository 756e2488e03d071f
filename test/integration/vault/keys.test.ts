import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { OpenbaoServer } from '../../support/openbao.js';
import {
  BOTH,
  currentRef,
  firstNode,
  HOLDFAST_POLICY,
  longDeadline,
  makeAppRole,
  openVault,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.alloc(10, 2);
describeWithOpenbao('keys in Transit', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server);
  });

  afterAll(async () => {
    await server.dispose();
  });

  const makeTransitKey = (name: string, fields: object = {}) =>
    server.must('POST', `transit/keys/${name}`, { type: 'aes256-gcm96', ...fields });

  /** A node that has seen the key, and a ciphertext of it. */
  async function seen(name: string, fields: Readonly<Record<string, unknown>> = {}) {
    await makeTransitKey(name);
    const node = firstNode(await openVault([server], { login, ...fields }));
    const ref = await currentRef(node, name);
    const sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    return { node, ref, sealed };
  }

  it('a key that is soft-deleted behind our back → key-disabled, and described as disabled', async () => {
    const { node, ref, sealed } = await seen('softly');
    await server.must('DELETE', 'transit/keys/softly/soft-delete');
    await expect(node.decrypt(ref, sealed, AAD, longDeadline())).rejects.toMatchObject({
      code: 'key-disabled',
    });
    expect(await node.describeKey('softly', longDeadline())).toMatchObject({ enabled: false });
    await expect(node.encrypt(ref, PLAINTEXT, AAD, longDeadline())).rejects.toMatchObject({
      code: 'key-disabled',
    });
  });

  it('a key that is deleted behind our back → key-not-found, and encrypting does not make it anew', async () => {
    const { node, ref, sealed } = await seen('gone');
    await server.must('POST', 'transit/keys/gone/config', { deletion_allowed: true });
    await server.must('DELETE', 'transit/keys/gone');
    for (const work of [
      () => node.encrypt(ref, PLAINTEXT, AAD, longDeadline()),
      () => node.decrypt(ref, sealed, AAD, longDeadline()),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'key-not-found' });
    }
    expect((await server.call('GET', 'transit/keys/gone')).status).toBe(404);
  });

  it('a key that was made anew under its name → version-not-found, not a bad ciphertext', async () => {
    const { ref, sealed } = await seen('phoenix');
    await server.must('POST', 'transit/keys/phoenix/config', { deletion_allowed: true });
    await server.must('DELETE', 'transit/keys/phoenix');
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // Creation times are in seconds.
    await makeTransitKey('phoenix');
    const node = firstNode(await openVault([server], { login }));
    await expect(node.decrypt(ref, sealed, AAD, longDeadline())).rejects.toMatchObject({
      code: 'version-not-found',
    });
  });

  it('versions: rotated → both open; the old one shut off → version-not-found', async () => {
    const { node, ref, sealed } = await seen('turning');
    await server.must('POST', 'transit/keys/turning/rotate');
    const later = { now: () => Date.now() + 60_000, monotonic: () => performance.now() };
    const fresh = firstNode(await openVault([server], { login }, { clock: later }));
    const current = await currentRef(fresh, 'turning');
    expect(current.version.version).toBe(2);
    await fresh.encrypt(current, PLAINTEXT, AAD, longDeadline());
    expect(await fresh.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
    await server.must('POST', 'transit/keys/turning/config', { min_decryption_version: 2 });
    await expect(node.decrypt(ref, sealed, AAD, longDeadline())).rejects.toMatchObject({
      code: 'version-not-found',
    });
  });

  it.each([
    ['rsa-4096', { type: 'rsa-4096' }],
    ['aes128-gcm96', { type: 'aes128-gcm96' }],
    ['derived', { derived: true }],
  ])('a key of another kind, %s → unsupported, and listed as disabled', async (name, fields) => {
    await makeTransitKey(name, fields);
    const { nodes, administration } = await openVault([server], { login });
    await expect(firstNode({ nodes }).describeKey(name, longDeadline())).rejects.toMatchObject({
      code: 'unsupported',
    });
    const listed = (await administration.listKeys()).find(
      ({ description }) => description.externalKeyId === name,
    );
    expect(listed).toMatchObject({ description: { enabled: false } });
    expect(listed?.problem).toContain('used');
  });

  it('a mount path where nothing is → misconfigured, not a missing key', async () => {
    const node = firstNode(await openVault([server], { login, mountPath: 'elsewhere' }));
    await expect(node.describeKey('any', longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });

  it('a policy that grants less → misconfigured, and the health says so', async () => {
    const policy = 'path "transit/keys/+" { capabilities = ["read"] }';
    const poor = await makeAppRole(server, 'poor', { policy });
    await (await seen('guarded')).node.checkHealth(longDeadline());
    const node = firstNode(await openVault([server], { login: poor }));
    const ref = await currentRef(node, 'guarded');
    await expect(node.encrypt(ref, PLAINTEXT, AAD, longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('a policy under which a mistyped id would make a key → told by the health, and still no key', async () => {
    const policy = HOLDFAST_POLICY.replace('["update"]', '["create", "update"]');
    const generous = await makeAppRole(server, 'generous', { policy });
    const { ref } = await seen('typed');
    const node = firstNode(await openVault([server], { login: generous }));
    const mistyped = { ...ref, externalKeyId: 'tpyed' };
    await expect(node.encrypt(mistyped, PLAINTEXT, AAD, longDeadline())).rejects.toMatchObject({
      code: 'key-not-found',
    });
    expect((await server.call('GET', 'transit/keys/tpyed')).status).toBe(404);
    const health = await node.checkHealth(longDeadline());
    expect(health).toMatchObject({ status: 'DEGRADED', detail: expect.stringContaining('create') });
    await server.must('POST', 'transit/config/keys', { disable_upsert: true });
    expect(await node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  });

  it('administration: made, listed by id, not twice, not by another case, not the test key', async () => {
    const keys = [{ externalKeyId: 'wages', transitKey: 'hr_wages' }];
    const { nodes, administration } = await openVault([server], { login, keys });
    await firstNode({ nodes }).checkHealth(longDeadline());
    const made = await administration.createKey('wages', BOTH);
    expect(made.createdAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect((await server.call('GET', 'transit/keys/hr_wages')).status).toBe(200);
    for (const id of ['wages', 'WAGES']) {
      await expect(administration.createKey(id, BOTH)).rejects.toMatchObject({ code: 'conflict' });
    }
    for (const id of ['-wages', 'hr_wages']) {
      await expect(administration.createKey(id, BOTH)).rejects.toMatchObject({
        code: 'unsupported',
      });
    }
    await expect(administration.createKey('x', new Set(['ENCRYPT']))).rejects.toMatchObject({
      code: 'unsupported',
    });
    const ids = (await administration.listKeys()).map(
      ({ description }) => description.externalKeyId,
    );
    expect(ids).toContain('wages');
    expect(ids).not.toContain(HEALTH_TEST_KEY_ID);
    expect(ids).toEqual([...ids].sort());
  });

  it('a test key that is missing and may not be made → DEGRADED, with the command that makes it', async () => {
    await server.must('POST', 'sys/mounts/bare', { type: 'transit' });
    const policy = HOLDFAST_POLICY.replaceAll('transit/', 'bare/').replace(
      ', "create", "update"',
      '',
    );
    const reader = await makeAppRole(server, 'reader', { policy });
    const node = firstNode(await openVault([server], { login: reader, mountPath: 'bare' }));
    expect(await node.checkHealth(longDeadline())).toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringContaining(`bare/keys/${HEALTH_TEST_KEY_ID}`),
    });
  });
});

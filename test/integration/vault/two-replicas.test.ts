import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OpenbaoServer } from '../../support/openbao.js';
import { firstNode, makeAppRole, openVault } from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { type Replica, replicaOn } from '../../support/replica.js';
import type { EncryptAnswer } from '../../support/xks-requests.js';

describeWithOpenbao('two replicas on one OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server);
  });

  afterAll(async () => {
    await server.dispose();
  });

  const config = (key: string, fields: object) =>
    server.must('POST', `transit/keys/${key}/config`, fields);

  /** Two replicas that have used a key, and a ciphertext of it. */
  async function twoReplicas(key: string) {
    await server.must('POST', `transit/keys/${key}`, { type: 'aes256-gcm96' });
    const replicas: Replica[] = [];
    for (let count = 0; count < 2; count += 1) {
      replicas.push(replicaOn([firstNode(await openVault([server], { login }))]));
    }
    const [one, other] = replicas;
    if (one === undefined || other === undefined) throw new Error('there are two');
    const old = await one.encrypt(key);
    expect(await other.decrypt(key, old)).toBe('opened');
    return { one, other, old };
  }

  it('rotated, and the old version may encrypt no more → either encrypts, and either opens, at once', async () => {
    const { one, other, old } = await twoReplicas('turned');
    await server.must('POST', 'transit/keys/turned/rotate');
    await config('turned', { min_encryption_version: 2 });
    const made = await one.encrypt('turned');
    expect(made.status).toBe(200);
    expect(await other.decrypt('turned', made)).toBe('opened');
    expect(await other.decrypt('turned', old)).toBe('opened');
    expect((await other.encrypt('turned')).status).toBe(200);
  });

  it('an old version shut off and let in again → refused, and opened at once', async () => {
    const { one, old } = await twoReplicas('shut');
    await server.must('POST', 'transit/keys/shut/rotate');
    await config('shut', { min_decryption_version: 2 });
    expect(await one.decrypt('shut', old)).toBe('InvalidCiphertextException');
    expect(await one.decrypt('shut', old)).toBe('InvalidCiphertextException');
    await config('shut', { min_decryption_version: 1 });
    expect(await one.decrypt('shut', old)).toBe('opened');
  });

  it('soft-deleted and restored → disabled, and enabled at once', async () => {
    const { one, old } = await twoReplicas('softly');
    await server.must('DELETE', 'transit/keys/softly/soft-delete');
    expect(await one.decrypt('softly', old)).toBe('InvalidStateException');
    await server.must('POST', 'transit/keys/softly/soft-delete-restore');
    expect(await one.decrypt('softly', old)).toBe('opened');
  });

  it('garbage without end → refused, and what is good and new is opened meanwhile', async () => {
    const { one, other, old } = await twoReplicas('noisy');
    let isFlowing = true;
    const refusals = new Map<string, number>();
    const streams = Array.from({ length: 8 }, async () => {
      while (isFlowing) {
        const name = await other.decrypt('noisy', garbageLike(old));
        refusals.set(name, (refusals.get(name) ?? 0) + 1);
      }
    });
    await server.must('POST', 'transit/keys/noisy/rotate');
    await config('noisy', { min_encryption_version: 2 });
    const made = await one.encrypt('noisy');
    expect(await other.decrypt('noisy', made)).toBe('opened');
    isFlowing = false;
    await Promise.all(streams);
    expect([...refusals.keys()]).toEqual(['InvalidCiphertextException']);
  });
});

/** A ciphertext of a version and a material that nobody has. */
function garbageLike(sealed: EncryptAnswer): EncryptAnswer {
  const metadata = Buffer.concat([Buffer.of(1), randomBytes(12)]);
  return { ...sealed, ciphertextMetadata: metadata.toString('base64') };
}

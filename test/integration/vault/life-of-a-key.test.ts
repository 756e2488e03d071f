import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRANSIT_POLICY } from '../../../scripts/lib/transit-policy.mjs';
import { OpenbaoServer } from '../../support/openbao.js';
import { importedKey, madeKey, versionsOf, WAY } from '../../support/openbao-acts.js';
import {
  currentRef,
  firstNode,
  longDeadline,
  makeAppRole,
  openVault,
  outcomeOf,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

const PLAINTEXT = Buffer.alloc(32, 7);
const AAD = Buffer.from('of the life of a key');

describeWithOpenbao('the life of a key in OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server, 'acts', { policy: TRANSIT_POLICY });
  });

  afterAll(async () => {
    await server.dispose();
  });

  const open = () => openVault([server], { login, metadataMaxAgeMs: 100 });

  describe('rotation', () => {
    it('a key → a version more, which its summary tells; from an older one → nothing', async () => {
      const manager = await open();
      const id = await madeKey(manager);
      const once = await manager.administration.rotateKey?.(id, 1);
      const again = await manager.administration.rotateKey?.(id, 1);
      expect(versionsOf(once)).toEqual(['1 present', '2 present']);
      expect(versionsOf(again)).toEqual(['1 present', '2 present']);
      expect(again?.origin).toBe('generated');
      expect(again?.versions?.every(({ createdAt }) => createdAt !== undefined)).toBe(true);
    });

    it('a key that is not there, and one that is soft-deleted → told apart', async () => {
      const manager = await open();
      const id = await madeKey(manager);
      await manager.administration.setKeyEnabled?.(id, false);
      expect(await outcomeOf(manager.administration.rotateKey?.(id, 1))).toBe('key-disabled');
      expect(await outcomeOf(manager.administration.rotateKey?.('none', 1))).toBe('key-not-found');
    });

    it('an imported key without a version that waits → refused, no material is made', async () => {
      const manager = await open();
      const id = await importedKey(manager);
      expect(await outcomeOf(manager.administration.rotateKey?.(id, 1))).toBe('conflict');
    });
  });

  describe('disabling', () => {
    it('disabled twice, enabled twice → InvalidState between, works after', async () => {
      const manager = await open();
      const node = firstNode(manager);
      const id = await madeKey(manager);
      const ref = await currentRef(node, id);
      const { administration } = manager;
      for (const enabled of [false, false]) {
        const summary = await administration.setKeyEnabled?.(id, enabled);
        expect(summary?.description.enabled).toBe(false);
      }
      expect(await outcomeOf(node.encrypt(ref, PLAINTEXT, AAD, longDeadline()))).toBe(
        'key-disabled',
      );
      for (const enabled of [true, true]) await administration.setKeyEnabled?.(id, enabled);
      expect(await outcomeOf(node.encrypt(ref, PLAINTEXT, AAD, longDeadline()))).toBe('served');
    });
  });

  describe('destruction of versions', () => {
    it('the oldest → gone, the next ones open; once more → nothing', async () => {
      const manager = await open();
      const node = firstNode(manager);
      const id = await madeKey(manager);
      const old = await currentRef(node, id);
      const sealed = await node.encrypt(old, PLAINTEXT, AAD, longDeadline());
      for (const from of [1, 2]) await manager.administration.rotateKey?.(id, from);
      await manager.administration.destroyVersion?.(id, 1);
      await manager.administration.destroyVersion?.(id, 1);
      const [summary] = (await manager.administration.listKeys()).filter(
        ({ description }) => description.externalKeyId === id,
      );
      expect(versionsOf(summary)).toEqual(['2 present', '3 present']);
      expect(await outcomeOf(node.decrypt(old, sealed, AAD, longDeadline()))).toBe(
        'version-not-found',
      );
      // Not even an operator brings it back.
      const config = { min_decryption_version: 1 };
      expect((await server.call('POST', `transit/keys/${id}/config`, config)).status).toBe(400);
    });

    it.each([
      ['one in the middle', 2, 'unsupported'],
      ['the newest', 3, 'unsupported'],
      ['one that there is not', 4, 'version-not-found'],
    ] as const)('%s → refused, and stays', async (_title, version, code) => {
      const manager = await open();
      const id = await madeKey(manager, 3);
      expect(await outcomeOf(manager.administration.destroyVersion?.(id, version))).toBe(code);
      const body = await server.must('GET', `transit/keys/${id}`);
      expect(body).toMatchObject({ data: { min_available_version: 0, latest_version: 3 } });
    });

    it('one whose minimum versions an operator has raised already → trimmed', async () => {
      const manager = await open();
      const id = await madeKey(manager, 3);
      await server.must('POST', `transit/keys/${id}/config`, { min_decryption_version: 3 });
      await manager.administration.destroyVersion?.(id, 1);
      const body = await server.must('GET', `transit/keys/${id}`);
      expect(body).toMatchObject({ data: { min_available_version: 2, min_decryption_version: 3 } });
    });

    it('of a key that is not there → nothing', async () => {
      const { administration } = await open();
      expect(await outcomeOf(administration.destroyVersion?.('none', 1))).toBe('served');
    });
  });

  describe('destruction of keys', () => {
    it('a key, a soft-deleted one too → gone; once more → nothing', async () => {
      const manager = await open();
      for (const enabled of [true, false]) {
        const id = await madeKey(manager);
        await manager.administration.setKeyEnabled?.(id, enabled);
        await manager.administration.destroyKey?.(id);
        await manager.administration.destroyKey?.(id);
        expect(await server.statusOf(`transit/keys/${id}`)).toBe(404);
        const described = firstNode(manager).describeKey(id, longDeadline());
        expect(await outcomeOf(described)).toBe('key-not-found');
      }
    });

    it('a Transit key that is no external key → refused, and stays', async () => {
      const { administration } = await open();
      await server.must('POST', 'transit/keys/signing', { type: 'ed25519' });
      expect(await outcomeOf(administration.destroyKey?.('signing'))).toBe('unsupported');
      expect(await server.statusOf('transit/keys/signing')).toBe(200);
    });

    it('two at once → gone, and both succeed', async () => {
      const [one, other] = [await open(), await open()];
      const id = await madeKey(one);
      const outcomes = [one, other].map((each) => outcomeOf(each.administration.destroyKey?.(id)));
      expect(await Promise.all(outcomes)).toEqual(['served', 'served']);
    });
  });

  describe('a token without the right', () => {
    it.each([
      ['rotate', ['transit/keys/+/rotate', 'update']],
      ['disable', ['transit/keys/+/soft-delete', 'delete']],
      ['destroy-version', ['transit/keys/+/config', 'update']],
      ['import', ['transit/wrapping_key', 'read']],
    ] as const)(
      '%s → refused as misconfigured, naming the line that the policy lacks',
      async (act, [path, capability]) => {
        const poor = await makeAppRole(server, 'poor', {});
        const manager = await openVault([server], { login: poor });
        const id = await madeKey(manager);
        await server.must('POST', `transit/keys/${id}/rotate`);
        const { administration } = manager;
        const acts = {
          rotate: () => administration.rotateKey?.(id, 2),
          disable: () => administration.setKeyEnabled?.(id, false),
          'destroy-version': () => administration.destroyVersion?.(id, 1),
          import: () => administration.materialImport?.createWrappingKey(WAY),
        };
        const line = `path "${path}" { capabilities = ["${capability}"] }`;
        await expect(acts[act]()).rejects.toMatchObject({
          code: 'misconfigured',
          message: expect.stringContaining(line) as string,
        });
      },
    );
  });
});

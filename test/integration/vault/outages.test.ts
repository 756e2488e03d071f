import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { KeyManagerNode, KeyRef, Sealed } from '../../../src/key-managers/backend.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { OpenbaoServer } from '../../support/openbao.js';
import {
  BOTH,
  currentRef,
  firstNode,
  longDeadline,
  makeAppRole,
  openVault,
  outcomeOf,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.alloc(10, 2);
const RECOVERY = { timeout: 20_000, interval: 50 };
/** What is answered at all is answered right: two good ones, a bad ciphertext, an unknown key. */
const EXPECTED_UNDER_QUOTA = ['served', 'invalid-ciphertext', 'key-not-found', 'overloaded'];
describeWithOpenbao('a node whose server fails', (program) => {
  let server: OpenbaoServer;
  let node: KeyManagerNode;
  let login: object;
  let ref: KeyRef;
  let sealed: Sealed;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server);
    await server.must('POST', 'transit/keys/payroll', { type: 'aes256-gcm96' });
  });

  afterAll(async () => {
    await server.dispose();
  });

  async function open(): Promise<void> {
    node = firstNode(await openVault([server], { login }));
    ref = await currentRef(node, 'payroll');
    sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
  }

  /** Every operation, on a deadline as KMS leaves it. */
  async function outcomes(): Promise<readonly string[]> {
    const deadline = () => Deadline.after(systemClock, 140);
    const unknown = { ...ref, externalKeyId: 'unknown' };
    const work = [
      node.encrypt(ref, PLAINTEXT, AAD, deadline()),
      node.decrypt(ref, sealed, AAD, deadline()),
      node.decrypt(ref, { ...sealed, tag: Buffer.alloc(16) }, AAD, deadline()),
      node.encrypt(unknown, PLAINTEXT, AAD, deadline()),
    ];
    return Promise.all(work.map(outcomeOf));
  }

  async function isBack(): Promise<void> {
    await vi.waitFor(async () => {
      const deadline = () => Deadline.after(systemClock, 1_000);
      expect(await node.decrypt(ref, sealed, AAD, deadline())).toEqual(PLAINTEXT);
      expect(await node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
    }, RECOVERY);
    await expect(
      node.decrypt(ref, { ...sealed, tag: Buffer.alloc(16) }, AAD, longDeadline()),
    ).rejects.toMatchObject({ code: 'invalid-ciphertext' });
  }

  it('sealed → unreachable for good and bad ciphertexts alike; unsealed → back', async () => {
    await open();
    await server.seal();
    expect(new Set(await outcomes())).toEqual(new Set(['unreachable']));
    expect(await node.checkHealth(longDeadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining('sealed'),
    });
    await server.unseal();
    await isBack();
  });

  it('killed → unreachable; restarted → back, without a restart of ours', async () => {
    await open();
    await server.stop('SIGKILL');
    expect(new Set(await outcomes())).toEqual(new Set(['unreachable']));
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'UNAVAILABLE' });
    await server.start();
    await server.unseal();
    await isBack();
  });

  it('stopped in its tracks, so that nothing answers → deadline; going on → back', async () => {
    await open();
    server.signal('SIGSTOP');
    onTestFinished(() => {
      server.signal('SIGCONT');
    });
    // What it was at when the signal came may still be answered.
    await vi.waitFor(async () => {
      expect(new Set(await outcomes())).toEqual(new Set(['deadline']));
    }, 20_000);
    server.signal('SIGCONT');
    await isBack();
  });

  it('sealed while Holdfast starts → starts, and serves when it is unsealed', async () => {
    await open();
    await server.seal();
    const { nodes, administration } = await openVault([server], { login });
    node = firstNode({ nodes });
    expect(new Set(await outcomes())).toEqual(new Set(['unreachable']));
    await expect(administration.createKey('later', BOTH)).rejects.toMatchObject({
      code: 'unreachable',
    });
    await server.unseal();
    await isBack();
  });

  it('a quota that is used up → overloaded', async () => {
    await open();
    await server.must('POST', 'sys/quotas/rate-limit/little', { path: 'transit/', rate: 1 });
    try {
      const seen = new Set([...(await outcomes()), ...(await outcomes())]);
      expect(seen).toContain('overloaded');
      expect([...seen].filter((it) => !EXPECTED_UNDER_QUOTA.includes(it))).toEqual([]);
    } finally {
      await server.must('DELETE', 'sys/quotas/rate-limit/little');
    }
  });
});

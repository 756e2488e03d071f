import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { KeyAdministration } from '../../../src/key-managers/backend.js';
import { MemoryState } from '../../support/memory-state-store.js';
import {
  currentRef,
  longDeadline,
  type OpenedToken,
  openToken,
  refusalOf,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { stateReplica } from '../../support/state-replica.js';

/** Each of two replicas may make so many, before they share the limit of both. */
const SHARE = { blockSize: 4, perVersion: 12 };
const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);

describeWithModule('two replicas that share a state store', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
  });

  afterEach(() => {
    token.remove();
  });

  async function replica(shared: MemoryState, name: string): Promise<OpenedToken> {
    const manager = await openToken(token, {
      config: { countersDirectory: join(token.folder, `counters-${name}`), replicas: 2 },
      start: { limits: SHARE },
      ports: { state: await stateReplica(shared) },
    });
    onTestFinished(() => manager.node.close());
    return manager;
  }

  async function encryptAll(manager: OpenedToken): Promise<{ made: number; refusal?: string }> {
    const ref = await currentRef(manager, 'k');
    for (let made = 0; ; made += 1) {
      const text = Buffer.alloc(32);
      const work = manager.node.encrypt(ref, text, Buffer.alloc(0), longDeadline());
      const refusal = await refusalOf(work);
      if (refusal !== undefined) return { made, refusal };
    }
  }

  const adopt = ({ administration }: { administration: KeyAdministration }) =>
    administration.adoptCounters?.();

  it('their counters added → one limit for both, which either may use up', async () => {
    const shared = new MemoryState();
    const a = await replica(shared, 'a');
    await a.administration.createKey('k', BOTH);
    const b = await replica(shared, 'b');
    const text = Buffer.alloc(32);
    await b.node.encrypt(await currentRef(b, 'k'), text, Buffer.alloc(0), longDeadline());
    expect(await adopt(a)).toEqual({ adopted: 1, replicas: 2 });
    expect(await adopt(b)).toEqual({ adopted: 2, replicas: 2 });
    // Both have reserved a block before, of which `b` has used one.
    const { made, refusal } = await encryptAll(b);
    expect({ made: made + 1, refusal }).toEqual({
      made: SHARE.perVersion * 2 - SHARE.blockSize,
      refusal: 'exhausted',
    });
    const [listed] = await a.administration.listKeys();
    expect(listed?.encryptionsLeft).toBe(SHARE.blockSize);
    expect(listed?.createdAt).toBeInstanceOf(Date);
  });

  it('a key that one makes afterwards → its count and its time are known to the other', async () => {
    const shared = new MemoryState();
    const a = await replica(shared, 'a');
    const b = await replica(shared, 'b');
    await adopt(a);
    await adopt(b);
    await a.administration.createKey('k', BOTH);
    // The other has drawn all that so small a limit has.
    expect(await encryptAll(b)).toEqual({ made: 0, refusal: 'exhausted' });
    await expect
      .poll(() => b.administration.listKeys())
      .toMatchObject([{ encryptionsLeft: 0, createdAt: expect.any(Date) }]);
  });
});

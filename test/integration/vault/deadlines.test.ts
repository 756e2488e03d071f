import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { KeyManagerNode, KeyRef, Sealed } from '../../../src/key-managers/backend.js';
import { untraced } from '../../../src/key-managers/key-manager.js';
import { DEFAULT_NODE_LIMITS } from '../../../src/key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../../../src/key-managers/nodes/node-set.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { BlackHole } from '../../support/black-hole.js';
import { OpenbaoServer } from '../../support/openbao.js';
import {
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
/** What is left of the 250 ms of KMS. */
const DEADLINE_MS = 140;
const ANSWERED_WITHIN_MS = 200;
const BACK_WITHIN_MS = 5_000;
const BETWEEN_CALLS_MS = 20;
/** `HOLDFAST_OUTAGE_MS=30000` is what KMS and its callers may see when OpenBao is sealed. */
const OUTAGE_MS = Number(process.env['HOLDFAST_OUTAGE_MS'] ?? 5_000);
/** What callers heard, and how long the one that waited longest had to. */
class Callers {
  readonly heard = new Set<string>();
  readonly wrongPlaintexts: Buffer[] = [];
  slowestMs = 0;
  #isCalling = true;
  readonly #keyManager: NodeSetKeyManager;
  readonly #ref: KeyRef;
  readonly #sealed: Sealed;
  readonly #calling: Promise<void>;

  constructor(keyManager: NodeSetKeyManager, ref: KeyRef, sealed: Sealed) {
    this.#keyManager = keyManager;
    this.#ref = ref;
    this.#sealed = sealed;
    this.#calling = this.#callOnAndOn();
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.heard.clear();
    this.slowestMs = 0;
  }

  async untilServed(): Promise<number> {
    const since = performance.now();
    this.forget();
    while (!this.heard.has('served')) await pause(BETWEEN_CALLS_MS);
    return performance.now() - since;
  }

  async stop(): Promise<void> {
    this.#isCalling = false;
    await this.#calling;
  }

  async #callOnAndOn(): Promise<void> {
    while (this.#isCalling) {
      const since = performance.now();
      this.heard.add(await outcomeOf(this.#decrypt()));
      this.slowestMs = Math.max(this.slowestMs, performance.now() - since);
      await pause(BETWEEN_CALLS_MS);
    }
  }

  async #decrypt(): Promise<void> {
    const call = untraced(Deadline.after(systemClock, DEADLINE_MS));
    const plaintext = await this.#keyManager.decrypt(this.#ref, this.#sealed, AAD, call);
    if (!plaintext.equals(PLAINTEXT)) this.wrongPlaintexts.push(plaintext);
  }
}

describeWithOpenbao('whoever calls while a server is in trouble', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server);
    await server.must('POST', 'transit/keys/payroll', { type: 'aes256-gcm96' });
    await server.must('POST', 'transit/keys/holdfast-health-test', { type: 'aes256-gcm96' });
  });

  afterAll(async () => {
    await server.dispose();
  });

  async function callersOf(nodes: readonly KeyManagerNode[]): Promise<Callers> {
    const node = firstNode({ nodes: [...nodes] });
    const ref = await currentRef(node, 'payroll');
    const sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    const keyManager = new NodeSetKeyManager({
      name: 'openbao',
      type: 'vault',
      nodes,
      administration: {},
      limits: DEFAULT_NODE_LIMITS,
      clock: systemClock,
      onHealthChange: () => undefined,
    });
    const callers = new Callers(keyManager, ref, sealed);
    onTestFinished(async () => {
      await callers.stop();
      await keyManager.close();
      expect(callers.wrongPlaintexts).toEqual([]);
    });
    await callers.untilServed();
    return callers;
  }

  it('503 for a while (sealed) → unreachable in time, and served within 5 s of the end', async () => {
    const { nodes } = await openVault([server], { login });
    const callers = await callersOf(nodes);
    await server.seal();
    callers.forget();
    await pause(OUTAGE_MS);
    expect(callers.heard).toEqual(new Set(['unreachable']));
    expect(callers.slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
    await server.unseal();
    expect(await callers.untilServed()).toBeLessThan(BACK_WITHIN_MS);
  }, 60_000);

  it('killed and restarted → told in time, and served within 5 s of its return', async () => {
    const { nodes } = await openVault([server], { login });
    const callers = await callersOf(nodes);
    callers.forget();
    await server.stop('SIGKILL');
    await pause(3_000);
    expect([...callers.heard].filter((it) => it !== 'served')).toEqual(['unreachable']);
    expect(callers.slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
    await server.start();
    await server.unseal();
    expect(await callers.untilServed()).toBeLessThan(BACK_WITHIN_MS);
  }, 60_000);

  it('the way to one of two nodes swallows everything → served by the other, in time', async () => {
    const hole = await BlackHole.before(Number(new URL(server.address).port));
    onTestFinished(() => {
      hole.close();
    });
    const { nodes } = await openVault([server, server], {
      login,
      nodes: [
        { name: 'far', address: `https://127.0.0.1:${String(hole.port)}` },
        { name: 'near', address: server.address },
      ],
    });
    const callers = await callersOf(nodes);
    hole.swallow();
    callers.forget();
    await pause(5_000);
    expect(callers.heard).toEqual(new Set(['served']));
    expect(callers.slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
    hole.letThrough();
    await pause(BACK_WITHIN_MS);
    expect(callers.heard).toEqual(new Set(['served']));
  }, 60_000);
});

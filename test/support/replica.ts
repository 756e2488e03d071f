import { onTestFinished } from 'vitest';
import type { KeyManagerNode } from '../../src/key-managers/backend.js';
import { DEFAULT_NODE_LIMITS } from '../../src/key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../../src/key-managers/nodes/node-set.js';
import { systemClock } from '../../src/shared/clock.js';
import { incoming, keyStoreOn, makePipeline, PREFIX } from '../unit/pipeline/harness.js';
import { type Body, decryptBody, encryptBody, type EncryptAnswer } from './xks-requests.js';

/** The answer of Encrypt, or its error. */
export interface Answered extends EncryptAnswer {
  readonly status: number;
  readonly errorName?: string;
}

/** A replica as KMS sees it: the whole way of a request, on real nodes, without HTTP. */
export interface Replica {
  /** @returns the answer's body, with its status */
  encrypt(externalKeyId: string): Promise<Answered>;
  /** @returns `opened`, or the error's name */
  decrypt(externalKeyId: string, sealed: EncryptAnswer): Promise<string>;
}

/** Makes a replica on nodes that somebody else closes. */
export function replicaOn(nodes: readonly KeyManagerNode[]): Replica {
  const keyManager = new NodeSetKeyManager({
    name: 'shared',
    type: 'any',
    nodes: nodes.map(leftOpen),
    administration: {},
    limits: DEFAULT_NODE_LIMITS,
    clock: systemClock,
    onHealthChange: () => undefined,
  });
  onTestFinished(() => keyManager.close());
  const keyStore = keyStoreOn(keyManager, systemClock);
  const { handle } = makePipeline({
    clock: systemClock,
    // A machine that runs all the tests at once is slower than one that serves.
    deadlineMs: 2_000,
    keyStores: new Map([['/store', keyStore]]),
  });
  const send = async (path: string, body: Body) => {
    const { call } = incoming(`${PREFIX}/keys/${path}`, body, { at: Date.now() });
    return handle({ ...call, startedAt: performance.now() });
  };
  return {
    async encrypt(externalKeyId) {
      const proof = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
      const { status, body } = await send(`${externalKeyId}/encrypt`, encryptBody(proof));
      return { ...(JSON.parse(body) as EncryptAnswer), status };
    },
    async decrypt(externalKeyId, sealed) {
      const { status, body } = await send(`${externalKeyId}/decrypt`, decryptBody(sealed));
      if (status === 200) return 'opened';
      return String((JSON.parse(body) as Body)['errorName']);
    },
  };
}

function leftOpen(node: KeyManagerNode): KeyManagerNode {
  return {
    name: node.name,
    location: node.location,
    vendor: node.vendor,
    model: node.model,
    inProcess: node.inProcess,
    describeKey: (id, deadline) => node.describeKey(id, deadline),
    ...(node.describeKeyAnew && {
      describeKeyAnew: node.describeKeyAnew.bind(node),
    }),
    encrypt: (key, plaintext, aad, deadline) => node.encrypt(key, plaintext, aad, deadline),
    decrypt: (key, sealed, aad, deadline) => node.decrypt(key, sealed, aad, deadline),
    checkHealth: (deadline) => node.checkHealth(deadline),
    close: () => Promise.resolve(),
  };
}

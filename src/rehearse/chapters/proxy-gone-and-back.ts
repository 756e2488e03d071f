import { setTimeout as sleep } from 'node:timers/promises';
import type { Chapter } from '../chapter.js';
import { expect, NotAsExpected } from '../ending.js';
import type { Keepsake } from '../scene.js';
import { openKeepsake } from '../stage/keepsake.js';
import { settledState } from '../stage/key-store-state.js';
import { KmsError } from '../../aws/kms-client.js';
import type { Kms } from '../stage/kms.js';
import { refusalOf } from '../stage/refusal.js';

const BACK_WITHIN_MS = 5_000;
const POLL_MS = 50;

/** The proxy out of reach for KMS: its connections are cut, and new ones are refused. */
export const proxyGoneAndBack: Chapter = {
  name: 'proxy-gone-and-back',
  title: 'The proxy gone, and back',
  async play(scene) {
    const customKeyStoreId = scene.need('customKeyStoreId');
    const keepsake = scene.need('keepsake');
    await openKeepsake(scene.kms, keepsake);
    let name: string;
    await scene.relay.cut();
    try {
      const refusal = await refusalOf(openKeepsake(scene.kms, keepsake), {
        names: ['KMSInvalidStateException'],
        what: 'a call succeeded while the proxy was out of reach',
      });
      name = refusal.name;
      const { state } = await settledState(scene.kms, customKeyStoreId);
      expect(state === 'CONNECTED', `the key store became ${state} by itself`);
    } finally {
      await scene.relay.restore();
    }
    const backMs = await timeUntilBack(scene.kms, keepsake);
    return [
      `While the proxy was out of reach, KMS told the caller ${name}.`,
      'The key store stayed CONNECTED: KMS disconnects nothing by itself.',
      `Once it was back, what was encrypted before opened within ${backMs} ms; nobody had to do anything.`,
    ];
  },
};

async function timeUntilBack(kms: Kms, keepsake: Keepsake): Promise<number> {
  const begun = performance.now();
  for (;;) {
    try {
      await openKeepsake(kms, keepsake);
      return Math.ceil(performance.now() - begun);
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      if (performance.now() - begun > BACK_WITHIN_MS) {
        throw new NotAsExpected(
          `calls still failed ${BACK_WITHIN_MS / 1000} s after the proxy was back: ${error.message}`,
        );
      }
    }
    await sleep(POLL_MS);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { NotAsExpected } from '../ending.js';
import { type Kms, objectIn, textIn } from './kms.js';

const WITHIN_MS = 5_000;
const POLL_MS = 25;

/**
 * Waits until a change of the connection of a key store has ended.
 *
 * @returns its state, and the code of what went wrong
 * @throws NotAsExpected after 5 s, or KmsError
 */
export async function settledState(
  kms: Kms,
  customKeyStoreId: string,
): Promise<{ readonly state: string; readonly errorCode: string | undefined }> {
  const giveUpAt = performance.now() + WITHIN_MS;
  for (;;) {
    const output = await kms.call('DescribeCustomKeyStores', {
      CustomKeyStoreId: customKeyStoreId,
    });
    const keyStore = objectIn(output, 'CustomKeyStores');
    const state = textIn(keyStore, 'ConnectionState');
    const errorCode = keyStore['ConnectionErrorCode'];
    if (!state.endsWith('ING')) {
      return { state, errorCode: typeof errorCode === 'string' ? errorCode : undefined };
    }
    if (performance.now() > giveUpAt) throw new NotAsExpected(`the key store stays ${state}`);
    await sleep(POLL_MS);
  }
}

import { KeyManagerError } from '../key-managers/backend.js';
import { type KeyManager, untraced } from '../key-managers/key-manager.js';
import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import { QuickstartError } from './quickstart.js';

/** The key that the quickstart makes, so that there is something to call. */
const QUICKSTART_KEY_ID = 'quickstart-key';
const BUDGET_MS = 5_000;

/**
 * Makes the quickstart's key, unless it is there.
 *
 * @throws QuickstartError for a key manager that cannot make keys
 */
export async function makeQuickstartKey(keyManager: KeyManager, clock: Clock): Promise<void> {
  const { name, administration } = keyManager;
  try {
    await keyManager.describeKey(QUICKSTART_KEY_ID, untraced(Deadline.after(clock, BUDGET_MS)));
  } catch (error) {
    if (!(error instanceof KeyManagerError) || error.code !== 'key-not-found') throw error;
    if (administration.createKey === undefined) {
      throw new QuickstartError(`The key manager ${name} cannot make keys.`);
    }
    await administration.createKey(QUICKSTART_KEY_ID, new Set(['ENCRYPT', 'DECRYPT']));
  }
}

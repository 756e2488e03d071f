import { KeyManagerError } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';

/** The key that the quickstart makes, so that there is something to call. */
const QUICKSTART_KEY_ID = 'quickstart-key';
const BUDGET_MS = 5_000;

/** Makes the quickstart's key in the first key manager, unless it is there. */
export async function makeQuickstartKey(
  [keyManager]: Iterable<KeyManager>,
  clock: Clock,
): Promise<void> {
  try {
    await keyManager?.describeKey(QUICKSTART_KEY_ID, Deadline.after(clock, BUDGET_MS));
  } catch (error) {
    if (!(error instanceof KeyManagerError) || error.code !== 'key-not-found') throw error;
    await keyManager?.administration.createKey?.(
      QUICKSTART_KEY_ID,
      new Set(['ENCRYPT', 'DECRYPT']),
    );
  }
}

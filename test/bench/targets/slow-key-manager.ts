import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { MAX_REFUSED_SHARE, startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

const MODULE = fileURLToPath(new URL('slow-module.mjs', import.meta.url));
const SEED_BYTES = 32;
/** 800 calls a second, two of which make an Encrypt with its trial decryption. */
const OPTIONS = { delayMs: 10, concurrency: 8 } as const;

/** Holdfast on a key manager that is slower than Holdfast, with the limits of the quickstart. */
export const slowKeyManager: Target = {
  name: 'slow key manager',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: () => {
    const seed = randomBytes(SEED_BYTES).toString('base64');
    const secrets = { seed };
    const keyManager = { name: 'trial', type: 'module', module: MODULE, options: OPTIONS, secrets };
    return startHoldfast('slow-key-manager', { keyManager: `  - ${JSON.stringify(keyManager)}` });
  },
};

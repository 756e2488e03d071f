import { describe, expect, it } from 'vitest';

/**
 * A suite that needs a real PKCS#11 library. Without it, it fails in CI, where the install step
 * must have brought it, and is skipped loudly elsewhere.
 */
export function describeWithModule(
  title: string,
  module: string | undefined,
  suite: () => void,
): void {
  if (module !== undefined) {
    describe(title, suite);
    return;
  }
  describe(title, () => {
    if (process.env['CI']) {
      it('the library of the token → installed', () => {
        expect.unreachable('it is not; see scripts/lib/install-softhsm.mjs');
      });
    } else {
      process.stderr.write(
        `SKIPPED: ${title}: its library is not installed (docs/key-managers-pkcs11.md)\n`,
      );
      it.skip('the library of the token → installed', () => undefined);
    }
  });
}

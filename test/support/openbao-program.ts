import { describe } from 'vitest';
import { installOpenbao } from '../../scripts/lib/install-openbao.mjs';

const installed = await findOpenbao();

/**
 * A suite that needs a real OpenBao, which is installed when it is not there. Where it cannot be
 * had, the suite is skipped loudly, and in CI that is an error.
 *
 * @param suite is given the path of the `bao` program
 */
export function describeWithOpenbao(title: string, suite: (program: string) => void): void {
  describe.skipIf(installed === undefined)(title, () => {
    suite(installed ?? '');
  });
}

async function findOpenbao(): Promise<string | undefined> {
  try {
    return await installOpenbao();
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(
      `\nSKIPPED: tests with OpenBao, which cannot be installed: ${String(error)}\n`,
    );
    return undefined;
  }
}

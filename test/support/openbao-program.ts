import { installOpenbao } from '../../scripts/lib/install-openbao.mjs';

/**
 * The real `bao` program, installed when it is not there.
 *
 * @returns undefined where it cannot be had, and says so; in CI that is an error
 */
export async function findOpenbao(): Promise<string | undefined> {
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

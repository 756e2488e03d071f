import { installPromtool } from '../../scripts/lib/install-prometheus.mjs';

/**
 * Prometheus's tool for rules, installed when it is not there.
 *
 * @returns undefined where it cannot be had, and says so; in CI that is an error
 */
export async function findPromtool(): Promise<string | undefined> {
  try {
    return await installPromtool();
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(
      `\nSKIPPED: tests of the alert rules, because promtool cannot be installed: ${String(error)}\n`,
    );
    return undefined;
  }
}

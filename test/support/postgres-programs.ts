import { describe } from 'vitest';
import { installPostgresql } from '../../scripts/lib/install-postgresql.mjs';

const installed = await findPostgresql();

/**
 * A suite that needs a real PostgreSQL, which is installed when it is not there. Where it cannot be
 * had, the suite is skipped loudly, and in CI that is an error.
 *
 * @param suite is given the folder of PostgreSQL's programs
 */
export function describeWithPostgres(title: string, suite: (programs: string) => void): void {
  describe.skipIf(installed === undefined)(title, () => {
    suite(installed ?? '');
  });
}

async function findPostgresql(): Promise<string | undefined> {
  try {
    return await installPostgresql();
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(
      `\nSKIPPED: tests with PostgreSQL, which cannot be installed: ${String(error)}\n`,
    );
    return undefined;
  }
}

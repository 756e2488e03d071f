import { describe } from 'vitest';
import { installFaketime } from '../../scripts/lib/install-faketime.mjs';
import { installHaproxy } from '../../scripts/lib/install-haproxy.mjs';
import { installPostgresql } from '../../scripts/lib/install-postgresql.mjs';

/** The programs that tests of replicas start. */
interface ReplicaPrograms {
  /** The folder of PostgreSQL's programs. */
  readonly postgres: string;
  /** The library that gives a process another clock. */
  readonly faketime: string;
}

const installed = await install();

/**
 * A suite of several replicas, which needs PostgreSQL, HAProxy and libfaketime: they are installed
 * where they are not there. Where they cannot be had, the suite is skipped loudly, and in CI that
 * is an error.
 */
export function describeWithReplicas(
  title: string,
  suite: (programs: ReplicaPrograms) => void,
): void {
  describe.skipIf(installed === undefined)(title, () => {
    suite(installed ?? { postgres: '', faketime: '' });
  });
}

async function install(): Promise<ReplicaPrograms | undefined> {
  try {
    await installHaproxy();
    return { postgres: await installPostgresql(), faketime: await installFaketime() };
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(`\nSKIPPED: tests of replicas: ${String(error)}\n`);
    return undefined;
  }
}

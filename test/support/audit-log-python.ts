import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../independent-verifier/verify.py', import.meta.url));
const isInstalled = findPython();

/** What the verifier in Python says. */
export interface PythonReport {
  readonly ok: boolean;
  readonly records: number;
  readonly first: number | null;
  readonly last: number | null;
  /** The signatures vouch for the records before this one. */
  readonly signed: number;
  readonly problems: readonly string[];
}

/**
 * A suite that needs Python. Where there is none it is skipped loudly, and in CI that is an error.
 */
export function describeWithPython(title: string, suite: () => void): void {
  describe.skipIf(!isInstalled)(title, suite);
}

/** Runs `test/independent-verifier/verify.py`; its exit code must say what its report says. */
export async function runPythonVerifier(...args: readonly string[]): Promise<PythonReport> {
  const { code, stdout, stderr } = await run(['-B', PROGRAM, ...args]);
  if (code !== 0 && code !== 1)
    throw new Error(`verify.py has ended with ${String(code)}: ${stderr}`);
  const report = JSON.parse(stdout) as PythonReport;
  if (report.ok !== (code === 0))
    throw new Error(`verify.py has ended with ${String(code)}: ${stdout}`);
  return report;
}

function run(args: readonly string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile('python3', args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

function findPython(): boolean {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write('\nSKIPPED: tests with the independent verifier, which needs python3\n');
    return false;
  }
}

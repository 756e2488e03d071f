import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../independent-verifier/verify_each.py', import.meta.url));
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

/** Runs `verify.py`; rejects when its exit code does not say what its report says. */
export type RunPythonVerifier = (...args: readonly string[]) => Promise<PythonReport>;

/**
 * A suite that needs Python. Where there is none it is skipped loudly, and in CI that is an error.
 * All its runs of `test/independent-verifier/verify.py` are in one process.
 */
export function describeWithPython(title: string, suite: (run: RunPythonVerifier) => void): void {
  describe.skipIf(!isInstalled)(title, () => {
    let process: PythonProcess | undefined;
    beforeAll(() => {
      process = new PythonProcess();
    });
    afterAll(() => process?.end());
    suite(async (...args) => {
      if (process === undefined) throw new Error('the verifier runs within tests alone');
      return reportIn(await process.run(args));
    });
  });
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Python that runs the verifier again and again, one run after the other. */
class PythonProcess {
  readonly #child = spawn('python3', ['-B', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();

  async run(args: readonly string[]): Promise<Ended> {
    this.#child.stdin.write(`${JSON.stringify(args)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('verify_each.py has ended before its answer');
    return JSON.parse(value) as Ended;
  }

  end(): void {
    this.#child.kill();
  }
}

function reportIn({ code, stdout, stderr }: Ended): PythonReport {
  if (code !== 0 && code !== 1)
    throw new Error(`verify.py has ended with ${String(code)}: ${stderr}`);
  const report = JSON.parse(stdout) as PythonReport;
  if (report.ok !== (code === 0))
    throw new Error(`verify.py has ended with ${String(code)}: ${stdout}`);
  return report;
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

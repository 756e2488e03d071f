import { execFile } from 'node:child_process';
import { LATE, TRIES } from './simulator-process.js';

/** A run of the AWS CLI. */
export interface CliRun {
  readonly code: number;
  /** The JSON that it printed; undefined where it printed nothing. */
  readonly output: Readonly<Record<string, unknown>> | undefined;
  readonly stderr: string;
}

/** A function that runs `aws kms` with arguments. */
export type AwsKms = (...args: readonly string[]) => Promise<CliRun>;

/**
 * The AWS CLI, unchanged, with the endpoint as an option: Debian's knows no environment variable
 * for it.
 *
 * @param command the program and its first arguments
 */
export function awsKms(
  [program = '', ...first]: readonly string[],
  env: Readonly<Record<string, string>>,
): AwsKms {
  const { AWS_ENDPOINT_URL_KMS: endpoint = '', ...rest } = env;
  const surroundings = { ...process.env, ...rest, AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' };
  const run: AwsKms = (...args) =>
    new Promise((resolve) => {
      const all = [...first, 'kms', '--endpoint-url', endpoint, '--output', 'json', ...args];
      const child = execFile(program, all, { env: surroundings }, (_error, stdout, stderr) => {
        const output = stdout.trim() === '' ? undefined : (JSON.parse(stdout) as CliRun['output']);
        resolve({ code: child.exitCode ?? -1, output, stderr });
      });
    });
  return async (...args) => {
    for (let attempt = 1; ; attempt += 1) {
      const ended = await run(...args);
      if (attempt === TRIES || !LATE.test(ended.stderr)) return ended;
    }
  };
}

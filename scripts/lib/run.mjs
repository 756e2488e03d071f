import { spawn } from 'node:child_process';

/**
 * Runs a program to its end, with its output going where ours goes.
 *
 * @param {string} program path or name of the program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, toStderr?: boolean }} [options]
 *   `toStderr` keeps standard output for what the caller itself has to say
 * @returns {Promise<number>} the exit code; 1 when a signal ended the program
 */
export function run(program, args, { toStderr = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const stdout = toStderr ? process.stderr.fd : 'inherit';
    const child = spawn(program, args, { ...options, stdio: ['ignore', stdout, 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 * @returns {Promise<void>}
 * @throws {Error} with the command in its message, when the exit code is not 0
 */
export async function mustRun(program, args, options) {
  const code = await run(program, args, options);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with exit code ${code}`);
}

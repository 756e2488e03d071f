import { spawn } from 'node:child_process';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [toStderr] keeps standard output for what the caller itself has to say
 * @property {NodeJS.WritableStream} [copyTo] gets a copy of all output, and its end
 */

/**
 * Runs a program to its end, with its output going where ours goes.
 *
 * @param {string} program path or name of the program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>} the exit code; 1 when a signal ended the program
 */
export function run(program, args, { toStderr = false, copyTo, cwd, env = process.env } = {}) {
  const isCopied = copyTo !== undefined;
  const colours = isCopied && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, ...colours },
      stdio: [
        'ignore',
        isCopied ? 'pipe' : toStderr ? process.stderr.fd : 'inherit',
        isCopied ? 'pipe' : 'inherit',
      ],
    });
    copy(child.stdout, process.stdout, copyTo);
    copy(child.stderr, process.stderr, copyTo);
    child.once('error', reject);
    child.once('close', (code) => {
      copyTo?.end();
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<void>}
 * @throws {Error} with the command in its message, when the exit code is not 0
 */
export async function mustRun(program, args, options) {
  const code = await run(program, args, options);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with exit code ${code}`);
}

/**
 * @param {NodeJS.ReadableStream | null} from
 * @param {...(NodeJS.WritableStream | undefined)} targets which stay open
 */
function copy(from, ...targets) {
  from?.on('data', (/** @type {Buffer} */ chunk) => {
    for (const target of targets) target?.write(chunk);
  });
}

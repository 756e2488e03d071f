import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** The built `holdfast`. */
export const program = join(root, 'dist', 'cli', 'main.js');
const endWithParent = pathToFileURL(join(root, 'dist', 'shared', 'end-with-parent.js')).href;
const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));

/**
 * @typedef {object} PartOptions
 * @property {Record<string, string>} [env] more than this process has
 * @property {boolean} [mayEnd] whether a part that ends is told of, and the others go on
 */

/**
 * The processes of a trial. Each is in a process group of its own, so that Ctrl-C reaches it
 * through this process alone, and once. It ends when this process is gone, SIGKILL included. Its
 * output goes to a file.
 */
export class Parts {
  /** @type {string} */
  #folder;
  /** @type {() => void} */
  #onEnd;
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  #ours = new Map();
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  #others = new Map();
  #isEnding = false;

  /**
   * @param {string} folder of the outputs
   * @param {() => void} onEnd called before the parts are ended
   */
  constructor(folder, onEnd) {
    this.#folder = folder;
    this.#onEnd = onEnd;
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void this.end(0));
    process.on('exit', () => {
      // The others' keepers must outlive this process, to end them.
      for (const child of this.#ours.values()) child.kill('SIGKILL');
    });
  }

  /**
   * Starts a command of `holdfast`.
   *
   * @param {string} name
   * @param {readonly string[]} args
   * @param {PartOptions} [options]
   * @returns {number} the id of its process
   */
  startHoldfast(name, args, options) {
    const node = ['--inspect-port=192.0.2.1:1024', '--import', endWithParent, program, ...args];
    return this.#start(this.#ours, name, node, options);
  }

  /**
   * Starts a program that is none of ours. It is ended after those that are.
   *
   * @param {string} name
   * @param {readonly string[]} command the program and its arguments
   * @param {PartOptions} [options]
   */
  startOther(name, command, options) {
    this.#start(this.#others, name, [keeper, ...command], options);
  }

  /**
   * Tries until there is a result.
   *
   * @template T
   * @param {string} name of the part that is waited for
   * @param {() => Promise<T | undefined>} attempt
   * @returns {Promise<T>}
   */
  async until(name, attempt) {
    const deadline = performance.now() + START_TIMEOUT_MS;
    /** @type {unknown} */
    let why;
    while (performance.now() < deadline && (this.#ours.has(name) || this.#others.has(name))) {
      try {
        const result = await attempt();
        if (result !== undefined) return result;
      } catch (error) {
        why = error;
      }
      await pause(POLL_MS);
    }
    throw new Error(`${name} does not serve: ${String(why)}\n${this.#lastLinesOf(name)}`);
  }

  /**
   * Ends all parts, and then this process.
   *
   * @param {number} code exit code
   */
  async end(code) {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#onEnd();
    for (const children of [this.#ours, this.#others]) {
      const ends = [...children.values()].map((child) => {
        child.kill('SIGTERM');
        return once(child, 'exit');
      });
      await Promise.race([Promise.all(ends), pause(STOP_TIMEOUT_MS)]);
    }
    process.exit(code);
  }

  /** @param {string} name */
  logOf(name) {
    return join(this.#folder, `${name}.log`);
  }

  /**
   * @param {Map<string, import('node:child_process').ChildProcess>} children
   * @param {string} name
   * @param {readonly string[]} args of node
   * @param {PartOptions} [options]
   */
  #start(children, name, args, { env = {}, mayEnd = false } = {}) {
    const output = openSync(this.logOf(name), 'w', 0o600);
    const child = spawn(process.execPath, [...args], {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    children.set(name, child);
    child.once('exit', (code, signal) => {
      children.delete(name);
      if (this.#isEnding) return;
      process.stderr.write(
        `\n${name} has ended (${code ?? signal}):\n${this.#lastLinesOf(name)}\n`,
      );
      if (!mayEnd) void this.end(1);
    });
    return child.pid ?? 0;
  }

  /** @param {string} name */
  #lastLinesOf(name) {
    return readFileSync(this.logOf(name), 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  }
}

import { spawn } from 'node:child_process';
import { GENERATOR_CORE, pinned } from '../cores.js';

/** Computes without a pause, and ends with the process that has started it. */
const PROGRAM = `process.on('disconnect', () => process.exit());
  (function compute() {
    const until = performance.now() + 100;
    while (performance.now() < until) Math.sqrt(until);
    setImmediate(compute);
  })();`;

/**
 * Keeps the load generator's core busy, as the other programs of a machine do.
 *
 * @returns ends it
 */
export function keepCoreBusy(): () => void {
  const [program, ...rest] = pinned(GENERATOR_CORE, [process.execPath, '-e', PROGRAM]);
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return () => child.kill('SIGKILL');
}

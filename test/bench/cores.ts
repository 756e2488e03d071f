import { availableParallelism } from 'node:os';

/** The server under test has this core to itself. */
export const SERVER_CORE = 0;
/** The load generator runs here, so that it takes nothing from the server. */
export const GENERATOR_CORE = 1;

/**
 * The command line that runs a program on one core. On a machine with a single core the program
 * runs unpinned; CPU time per request still means something there, throughput and latency do not.
 */
export function pinned(
  core: number,
  command: readonly [string, ...string[]],
): [string, ...string[]] {
  if (process.platform !== 'linux' || availableParallelism() < 2) return [...command];
  return ['taskset', '--cpu-list', String(core), ...command];
}

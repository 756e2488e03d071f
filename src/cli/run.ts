import { CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/reading/problem.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createProgram } from './program.js';
import { guarded, type Terminal } from './terminal.js';

/**
 * Runs one command line.
 *
 * @param args without the names of node and the program
 * @returns the exit code; every failure has been told on standard error
 */
export async function run(args: readonly string[], unguarded: Terminal): Promise<ExitCode> {
  const terminal = guarded(unguarded);
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has told it already, and counts a request for help among the failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    terminal.complain(`holdfast: ${explain(error)}\n`);
    if (error instanceof CliError) return error.exitCode;
    return error instanceof ConfigurationError ? EXIT.usage : EXIT.failed;
  }
}

/** The message with those of its causes that it does not repeat, without stacks. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error.cause instanceof Error)) return error.message;
  const because = explain(error.cause);
  return error.message.includes(because)
    ? error.message
    : `${error.message}\n  because: ${because}`;
}

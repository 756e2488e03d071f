import { CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/reading/problem.js';
import { RefusedError } from './admin-client.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createProgram } from './program.js';
import { guarded, printJson, type Terminal } from './terminal.js';
import { requirePeriods } from './time-options.js';

/** The codes of failures that the server has not named, by the exit code. */
const FAILURE_CODES: Readonly<Record<number, string>> = {
  [EXIT.failed]: 'failed',
  [EXIT.usage]: 'usage',
  [EXIT.noServer]: 'no-server',
  [EXIT.nothingCompared]: 'nothing-compared',
};

/**
 * Runs one command line.
 *
 * @param args without the names of node and the program
 * @returns the exit code; every failure has been told on standard error, and with `--json` as JSON
 *   on standard output, unless a result is there
 */
export async function run(args: readonly string[], unguarded: Terminal): Promise<ExitCode> {
  const { terminal, hasPrinted } = noticed(guarded(unguarded));
  const program = createProgram(terminal);
  const asked: { json?: boolean } = {};
  program.hook('preAction', (_, command) => {
    Object.assign(asked, command.opts<{ json?: boolean }>());
    requirePeriods(command.opts());
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has told it already, and counts a request for help among the failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const message = explain(error);
    const exitCode = exitCodeOf(error);
    if (asked.json === true && !hasPrinted()) {
      printJson(terminal, { error: { code: codeOf(error, exitCode), message } });
    }
    terminal.complain(`holdfast: ${message}\n`);
    return exitCode;
  }
}

/** A terminal that remembers whether anything was printed. */
function noticed(outside: Terminal) {
  let printed = false;
  const terminal: Terminal = {
    ...outside,
    print(text) {
      printed = true;
      outside.print(text);
    },
  };
  return { terminal, hasPrinted: () => printed };
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return error instanceof ConfigurationError ? EXIT.usage : EXIT.failed;
}

function codeOf(error: unknown, exitCode: ExitCode): string {
  return error instanceof RefusedError ? error.code : (FAILURE_CODES[exitCode] ?? 'failed');
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

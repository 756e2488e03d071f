import { printableLines } from '../shared/printable.js';
import { wellFormedJson } from '../shared/well-formed-json.js';

/** The streams and the environment of the process, passed in so that a test can look at them. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output: results, and nothing else. */
  print(text: string): void;
  /** Writes to standard error: warnings and failures. */
  complain(text: string): void;
  /** Asks for a line. Absent where nobody is there to answer. */
  readonly ask?: (question: string) => Promise<string>;
}

/**
 * A terminal that what is written to it cannot command: texts come from servers, documents and
 * file names, and an escape sequence in one of them could hide or forge what an administrator sees.
 */
export function guarded(terminal: Terminal): Terminal {
  const { ask } = terminal;
  return {
    env: terminal.env,
    ...(ask && { ask: (question) => ask(printableLines(question)) }),
    print(text) {
      terminal.print(printableLines(text));
    },
    complain(text) {
      terminal.complain(printableLines(text));
    },
  };
}

/** Prints a result for programs. */
export function printJson(terminal: Terminal, value: object): void {
  terminal.print(`${wellFormedJson(value, 2)}\n`);
}

/** What a command may touch of the process, passed in so that a test can look at it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output: results, and nothing else. */
  print(text: string): void;
  /** Writes to standard error: warnings and failures. */
  complain(text: string): void;
}

/** Prints a result for programs. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.print(`${JSON.stringify(value, undefined, 2)}\n`);
}

import type { Terminal } from '../../src/cli/terminal.js';

/** A terminal that keeps what is written to it. */
export class CapturedTerminal implements Terminal {
  readonly env: Terminal['env'];
  stdout = '';
  stderr = '';

  constructor(env: Terminal['env'] = {}) {
    this.env = env;
  }

  print(text: string): void {
    this.stdout += text;
  }

  complain(text: string): void {
    this.stderr += text;
  }
}

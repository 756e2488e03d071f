#!/usr/bin/env -S node --inspect-port=192.0.2.1:1024
import '../shared/ignored-signals.js';
import { createInterface } from 'node:readline/promises';
import { EXIT } from './exit.js';
import { run } from './run.js';

/** Longest time for an end when the results have been read. */
const END_WITHIN_MS = 1_000;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`| head`) is no failure; a full disk is.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(`holdfast: standard output cannot be written: ${error.message}\n`);
  process.exitCode = EXIT.failed;
  endSoon();
});
// There is nowhere left to tell.
process.stderr.on('error', () => undefined);

const code = await run(process.argv.slice(2), {
  env: process.env,
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
});
process.exitCode ??= code;
// Results wait for their reader: a pager may be open for hours.
if (process.stdout.writableLength > 0) await allWritten(process.stdout);
endSoon();

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

function allWritten(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

/**
 * Standard error that nobody reads, or what a failed start has left open, would keep the process.
 */
function endSoon(): void {
  setTimeout(() => process.exit(), END_WITHIN_MS).unref();
}

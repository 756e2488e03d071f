import { type OutputFile, outputFile, writeWithin } from './output-file.js';

const STDERR = 2;
/** A terminal across the ocean takes that long; one that is held takes nothing at all. */
const PATIENCE_MS = 250;

let file: OutputFile | undefined;

/** Tells people something on standard error, and goes on without it where nobody takes it. */
export function tell(text: string): void {
  file ??= outputFile(STDERR);
  writeWithin(file, Buffer.from(text), PATIENCE_MS);
}

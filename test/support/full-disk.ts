import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Lets no file of a process grow, as a full disk would; `undefined` ends that. */
export function limitFiles({ pid }: { readonly pid: number }, bytes: number | undefined): void {
  const limit = bytes === undefined ? 'unlimited' : String(bytes);
  execFileSync('prlimit', [`--pid=${String(pid)}`, `--fsize=${limit}:unlimited`]);
}

/** The size of the segment of an audit log that is written to, in bytes. */
export function sizeOfLog(folder: string): number {
  const [segment = ''] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return statSync(join(folder, segment)).size;
}

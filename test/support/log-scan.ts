import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canaries, canaryForms } from './canaries.js';

/** A secret found where none may be; it names the secret and does not repeat it. */
export interface Leak {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly canary: string;
  readonly form: string;
}

/** What a scan has seen. */
export interface LogScan {
  /** How many files it read that have something in them. */
  readonly files: number;
  readonly leaks: readonly Leak[];
}

const needles = Object.entries(canaries).flatMap(([canary, secret]) =>
  [...canaryForms(secret)].map(([form, bytes]) => ({ canary, form, bytes })),
);

/** Searches every file below a folder for every canary, in every form. */
export function scanLogs(folder: string): LogScan {
  const files = existsSync(folder) ? nonEmptyFilesBelow(folder) : [];
  return { files: files.length, leaks: files.flatMap(leaksIn) };
}

function nonEmptyFilesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile() && statSync(file).size > 0);
}

function leaksIn(file: string): Leak[] {
  const content = readFileSync(file);
  return needles.flatMap(({ canary, form, bytes }) => {
    const at = content.indexOf(bytes);
    if (at === -1) return [];
    const line = content.subarray(0, at).toString('latin1').split('\n').length;
    return [{ file, line, canary, form }];
  });
}

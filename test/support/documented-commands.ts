import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { repositoryFile, repositoryPath } from './container-files.js';
import { freePorts } from './free-ports.js';
import { testLogPath } from './test-log.js';

/** A page that waits for what never comes is cut off. */
const TIMEOUT_MS = 120_000;

/** A reader's machine, where it differs from the one that a page is written for. */
export interface Reader {
  /** An empty folder, where the commands run. */
  readonly folder: string;
  /** Ports that the page names, which become free ones. */
  readonly ports: readonly number[];
  /** Folders of programs that the page calls, besides `holdfast`. */
  readonly path?: readonly string[];
  /** Other texts to replace, such as the path of a library. */
  readonly replaced?: Readonly<Record<string, string>>;
}

/** The outcome of a page's commands. */
export interface Run {
  /** `null` when it was cut off. */
  readonly code: number | null;
  /** Everything that they have written to standard output and standard error. */
  readonly output: string;
}

/**
 * The shell commands of a page, or of some of its sections, in order.
 *
 * @param page such as `docs/private-certificates.md`
 * @param sections their titles; default: all
 */
export function shellCommands(page: string, sections?: readonly string[]): string {
  const parts = repositoryFile(page).split(/^#+ (?=[^\n]*\n\n)/m);
  const chosen = parts.filter((part) => sections?.includes(part.split('\n')[0] ?? '') ?? true);
  return chosen
    .flatMap((part) => [...part.matchAll(/^```sh\n(.+?)^```$/gms)].map(([, commands]) => commands))
    .join('\n');
}

/**
 * Runs commands of a page in bash, as a reader would who copies them one after the other. The first
 * that fails ends it, and what still runs in the background then is ended.
 */
export async function runAsReader(commands: string, reader: Reader): Promise<Run> {
  const programs = join(reader.folder, '.programs');
  mkdirSync(programs);
  symlinkSync(repositoryPath('dist/cli/main.js'), join(programs, 'holdfast'));
  const script = join(programs, 'page.sh');
  const ports = await freePorts(reader.ports.length);
  const replaced = {
    ...Object.fromEntries(reader.ports.map((port, n) => [String(port), String(ports[n])])),
    ...reader.replaced,
  };
  const text = Object.entries(replaced).reduce(
    (all, [from, to]) => all.replaceAll(from, to),
    commands,
  );
  writeFileSync(script, `set -euo pipefail\n${text}`);
  const log = testLogPath('page');
  const output = openSync(log, 'a');
  const path = [programs, ...(reader.path ?? []), process.env['PATH'] ?? ''].join(delimiter);
  const shell = spawn('bash', [script], {
    cwd: reader.folder,
    env: { PATH: path, HOME: reader.folder, TERM: 'dumb' },
    stdio: ['ignore', output, output],
    // A group of its own, so that no server outlives the page.
    detached: true,
  });
  closeSync(output);
  const cutOff = setTimeout(() => {
    endGroup(shell.pid);
  }, TIMEOUT_MS);
  const [code] = (await once(shell, 'exit')) as [number | null];
  clearTimeout(cutOff);
  endGroup(shell.pid);
  return { code, output: readFileSync(log, 'utf8') };
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

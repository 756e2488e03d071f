import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { run } from '../../src/cli/run.js';

const folder = new URL('../../dist/cli/', import.meta.url);
const program = fileURLToPath(new URL('main.js', folder));

/** The result of a run of the command-line program. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs the built program in this process: a process of its own for each command takes longer than
 * most commands do.
 */
export async function holdfast(env: Env, ...args: readonly string[]): Promise<CommandResult> {
  const built = (await import(new URL('run.js', folder).href)) as { readonly run: typeof run };
  let stdout = '';
  let stderr = '';
  const user = process.geteuid?.();
  const code = await built.run(args, {
    env: withoutOverrides(env),
    print: (text) => {
      stdout += text;
    },
    complain: (text) => {
      stderr += text;
    },
  });
  if (process.geteuid?.() !== user) throw new Error(`${args.join(' ')}: needs its own process`);
  return { code, stdout, stderr };
}

/** Runs the built program as a process of its own: for what it does with its process. */
export function holdfastProcess(env: Env, ...args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { env: withoutOverrides(env) };
    const child = execFile(process.execPath, [program, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function withoutOverrides(env: Env): NodeJS.ProcessEnv {
  return { ...process.env, HOLDFAST_CONFIG: '', HOLDFAST_STATE_DIR: '', ...env };
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { Secret } from '../../shared/secret.js';
import type { Place, ProxyCredential, ReconfiguredFields, RehearsedProxy } from '../proxy.js';

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 10_000;
const POLL_MS = 25;
const RUN_WITHIN_MS = 30_000;
const QUICKSTART_KEY_STORE = 'quickstart';

const quickstartSchema = z.looseObject({
  listeners: z.tuple([z.looseObject({})]),
  keyStores: z.tuple([z.looseObject({ credentials: z.array(z.unknown()) })]),
});
const startedSchema = z.object({
  listeners: z.tuple([z.object({ address: z.string(), port: z.number() })]).rest(z.unknown()),
});
const consoleSchema = z.object({
  XksProxyUriPath: z.string(),
  XksProxyAuthenticationCredential: z.object({
    AccessKeyId: z.string(),
    RawSecretAccessKey: z.string(),
  }),
});

/** The settings of a Holdfast that a rehearsal starts for itself. */
export interface OwnHoldfastConfig {
  /** Folder for its configuration and state, mode 0700. */
  readonly folder: string;
  /** Path of the program `holdfast`. */
  readonly program: string;
  /** Path of the quickstart's configuration. */
  readonly quickstart: string;
  readonly reserveCredential: ProxyCredential;
}

/** A Holdfast that was started for a rehearsal. */
export interface OwnHoldfast {
  readonly proxy: RehearsedProxy;
  stop(): Promise<void>;
}

/**
 * Starts the quickstart in a folder of its own, with a reserve credential.
 *
 * @throws Error with the end of its log, where it does not start
 */
export async function startOwnHoldfast(config: OwnHoldfastConfig): Promise<OwnHoldfast> {
  const { folder, reserveCredential } = config;
  const file = await writeConfiguration(config);
  let server = await ServerProcess.start(config.program, file, folder);
  const restart = async (): Promise<Place> => {
    await server.stop();
    server = await ServerProcess.start(config.program, file, folder);
    return server.place;
  };
  const quickstart = join(folder, 'quickstart');
  const console = consoleSchema.parse(
    JSON.parse(await readFile(join(quickstart, 'xks-proxy-configuration.json'), 'utf8')),
  );
  const { AccessKeyId, RawSecretAccessKey } = console.XksProxyAuthenticationCredential;
  return {
    proxy: {
      host: 'localhost',
      place: server.place,
      ca: join(quickstart, 'ca.pem'),
      uriPath: console.XksProxyUriPath,
      credential: {
        accessKeyId: AccessKeyId,
        secretAccessKey: new Secret(RawSecretAccessKey),
      },
      reserveCredential,
      auditLog: join(folder, 'audit'),
      restart,
      keys: {
        keyStore: QUICKSTART_KEY_STORE,
        holdfast: (...args) => runProgram(config.program, args, file),
        configure: async (fields) => {
          await writeFields(file, fields);
          await runProgram(config.program, ['reload'], file);
        },
      },
    },
    stop: () => server.stop(),
  };
}

async function writeConfiguration({
  folder,
  quickstart,
  reserveCredential,
}: OwnHoldfastConfig): Promise<string> {
  const text: unknown = parse(await readFile(quickstart, 'utf8'));
  const { listeners, keyStores, ...rest } = quickstartSchema.parse(text);
  const [listener] = listeners;
  const [keyStore] = keyStores;
  const secretFile = 'reserve-secret-access-key';
  const secret = reserveCredential.secretAccessKey.reveal();
  await writeFile(join(folder, secretFile), secret, { mode: 0o600 });
  const reserve = {
    accessKeyId: reserveCredential.accessKeyId,
    secretAccessKey: `\${file:${secretFile}}`,
  };
  const configuration = {
    ...rest,
    stateDirectory: '.',
    listeners: [{ ...listener, port: 0 }],
    // What somebody has tried out in the quickstart would refuse the rehearsal's callers.
    keyStores: [
      {
        ...keyStore,
        ...{ policies: undefined, quotas: undefined },
        credentials: [...keyStore.credentials, reserve],
      },
    ],
  };
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, stringify(configuration), { mode: 0o600 });
  return file;
}

async function writeFields(file: string, fields: ReconfiguredFields): Promise<void> {
  const configuration = quickstartSchema.parse(parse(await readFile(file, 'utf8')));
  const keyStores = configuration.keyStores.map((keyStore) => ({ ...keyStore, ...fields }));
  await writeFile(file, stringify({ ...configuration, keyStores }), { mode: 0o600 });
}

/** Runs the command-line program as an operator does. */
function runProgram(program: string, args: readonly string[], file: string): Promise<string> {
  const env = { ...withoutOverrides(process.env), HOLDFAST_CONFIG: file };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: RUN_WITHIN_MS };
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`holdfast ${args.join(' ')}: ${stderr.trim()}`, { cause: error }));
    });
  });
}

/** A process of `holdfast serve`, whose log goes to a file. */
class ServerProcess {
  readonly place: Place;
  readonly #child: ChildProcess;
  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };

  private constructor(child: ChildProcess, place: Place) {
    this.#child = child;
    this.place = place;
    // Whatever ends this process ends that one.
    process.once('exit', this.#kill);
  }

  static async start(program: string, file: string, folder: string): Promise<ServerProcess> {
    const logFile = join(folder, `serve-${randomBytes(4).toString('hex')}.log`);
    const log = await open(logFile, 'a', 0o600);
    const endWithParent = new URL('../shared/end-with-parent.js', pathToFileURL(program)).href;
    const args = ['--import', endWithParent, program, 'serve', '--config', file];
    const child = spawn(process.execPath, args, {
      // Ctrl-C is for the rehearsal, which ends the server itself.
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
      env: withoutOverrides(process.env),
    });
    await log.close();
    try {
      return new ServerProcess(child, await placeIn(logFile, child));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Ends it as an operator does, and after 10 s without being asked. */
  async stop(): Promise<void> {
    process.removeListener('exit', this.#kill);
    if (hasEnded(this.#child)) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const cutOff = setTimeout(this.#kill, STOP_WITHIN_MS);
    await ended;
    clearTimeout(cutOff);
  }
}

/** Waits for the line *started* of a log. */
async function placeIn(logFile: string, child: ChildProcess): Promise<Place> {
  const giveUpAt = performance.now() + START_WITHIN_MS;
  for (;;) {
    const log = await readFile(logFile, 'utf8');
    const line = /^\{.*"msg":"started".*\}$/m.exec(log)?.[0];
    if (line !== undefined) {
      const [{ address, port }] = startedSchema.parse(JSON.parse(line)).listeners;
      return { address, port };
    }
    if (hasEnded(child) || performance.now() > giveUpAt) {
      const end = log.trimEnd().split('\n').slice(-10).join('\n');
      throw new Error(`The rehearsal's own Holdfast has not started:\n${end}`);
    }
    await sleep(POLL_MS);
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The caller's server is another one. */
function withoutOverrides(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HOLDFAST_')));
}

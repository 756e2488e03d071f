import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { QUICKSTART_CONFIGURATION } from '../../configuration/package-folder.js';
import { generateCredential } from '../../key-stores/credential-generator.js';
import type { RehearsedProxy } from '../../rehearse/proxy.js';
import type { Rehearsal } from '../../rehearse/rehearse.js';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';
import type { ProxyOptions } from '../rehearsed-proxy.js';

const DEFAULT_KEY = 'quickstart-key';

const NOTES = `
It starts a simulator of AWS KMS for itself, registers the proxy with it, and plays the life of a key store in under
30 s: with real keys and real calls of the proxy, and without an AWS account. The external key is used, and nothing
in the proxy is changed. Without --config and --proxy it starts a Holdfast of its own, in a temporary folder.

The exit code is 1 if a chapter failed, and 4 if none did but one could not be looked at. Chapters that the key
store or the options leave out count as neither; the report names them.

Example:
  $ holdfast rehearse
  $ holdfast rehearse --config /etc/holdfast/holdfast.yaml --key payroll
`;

interface Options extends ProxyOptions {
  readonly key: string;
  readonly json?: boolean;
}

interface Play {
  readonly options: Options;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** `holdfast rehearse` */
export function rehearseCommand(terminal: Terminal): Command {
  return new Command('rehearse')
    .description('play the life of a key store against a proxy, with a simulator of AWS KMS')
    .option(
      '--config <file>',
      "the running server's configuration: place, path, credentials, audit log",
    )
    .option('--key-store <name>', 'key store of the configuration (default: the first)')
    .option('--proxy <host=address:port>', 'name and place of a running proxy')
    .option('--ca <file>', 'PEM of the authorities to trust, in place of the public ones')
    .option('--credential <file>', 'JSON file for the KMS console, with path and credential')
    .option('--reserve-credential <file>', 'the same with the credential to change over to')
    .option('--audit-log <folder>', "folder of the proxy's audit log")
    .option('--restart-command <command>', 'restarts the proxy, and ends when that is done')
    .option('--key <id>', 'external key to use', DEFAULT_KEY)
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await run(options, terminal);
    });
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  // Only here: the configuration and the simulator would slow down every other command.
  const { namedProxy } = await import('../rehearsed-proxy.js');
  const named = await namedProxy(options, terminal);
  await untilSignal(async (signal) => {
    const play = (proxy: RehearsedProxy) => playAgainst(proxy, { options, signal, terminal });
    await (named === undefined ? withOwnHoldfast(play) : play(named));
  });
}

async function withOwnHoldfast(play: (proxy: RehearsedProxy) => Promise<void>): Promise<void> {
  const { startOwnHoldfast } = await import('../../rehearse/stage/own-holdfast.js');
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-own-'));
  try {
    const own = await startOwnHoldfast({
      folder,
      program: fileURLToPath(new URL('../main.js', import.meta.url)),
      quickstart: QUICKSTART_CONFIGURATION,
      reserveCredential: generateCredential(randomBytes),
    });
    try {
      await play(own.proxy);
    } finally {
      await own.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function playAgainst(
  proxy: RehearsedProxy,
  { options: { key, json }, signal, terminal }: Play,
): Promise<void> {
  const { rehearse } = await import('../../rehearse/rehearse.js');
  const { renderRehearsal } = await import('../rehearsal-report.js');
  const url = `https://${proxy.host}${proxy.uriPath}`;
  const rehearsal = await rehearse({ proxy, externalKeyId: key, signal });
  if (json) printJson(terminal, { url, externalKeyId: key, ...rehearsal });
  else terminal.print(renderRehearsal(url, rehearsal));
  judge(rehearsal);
}

/** Ends after the chapter that is being played, so that nothing is left behind. */
async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  const end = (name: NodeJS.Signals): void => {
    // Who asks twice does not want to wait.
    if (abort.signal.aborted) process.exit(EXIT.failed);
    abort.abort(new CliError(EXIT.failed, `the rehearsal was ended by ${name}`));
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    await work(abort.signal);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

function judge({ sound, complete, chapters, ...rehearsal }: Rehearsal): void {
  const named = (outcome: string) =>
    chapters
      .filter((chapter) => chapter.outcome === outcome)
      .map(({ title }) => title)
      .join('; ');
  if (!sound) throw new CliError(EXIT.failed, `the rehearsal failed in: ${named('failed')}`);
  const [simulatorFault] = rehearsal.simulatorFaults;
  const notLookedAt = [
    ...(named('unknown') === '' ? [] : [named('unknown')]),
    ...(rehearsal.auditNotRead === undefined ? [] : ["the proxy's audit log"]),
    ...(simulatorFault === undefined ? [] : [`the simulator of KMS failed: ${simulatorFault}`]),
  ];
  if (!complete) throw new CliError(EXIT.notLookedAt, `not looked at: ${notLookedAt.join('; ')}`);
}

import type { Command } from 'commander';
import type { UseSince } from '../../aws/acts/rotate-credential.js';
import { auditFolder } from '../audit-folders.js';
import { proxyConfiguration, servedKeyStore, storeInKms, timeoutOption } from '../aws-key-store.js';
import {
  type AwsOptions,
  changingAwsCommand,
  kmsFor,
  placeOptions,
  storeIdCommand,
  withAdvice,
} from '../aws-target.js';
import { credentialUse } from '../credential-use.js';
import { CliError, EXIT } from '../exit.js';
import { shellWord } from '../shell-word.js';
import type { Terminal } from '../terminal.js';
import { example, wholeNumber } from './options.js';

interface Options extends AwsOptions {
  readonly to?: string;
  readonly name?: string;
  readonly quiet: number;
  readonly timeout: number;
  readonly log?: string;
}

/** KMS takes up to five minutes until all of its hosts sign with the new credential. */
const QUIET_S = 600;
const POLL_MS = 2_000;
const LATELY_MS = 86_400_000;

const NOTES = `
The four steps of the specification:
  1. The configuration of the key store has a second credential, in reserve; the server knows both.
  2. KMS is told the reserve. This command does it.
  3. No request is signed with the old one any more. This command waits for that, by the server's audit log.
  4. The old one goes from the configuration, a new reserve takes its place, and the server is restarted.

It can be interrupted at any moment and repeated.`;

/** `holdfast aws rotate-credential` */
export function awsRotateCredentialCommand(terminal: Terminal): Command {
  return changingAwsCommand('rotate-credential')
    .description(
      'let AWS KMS sign with the reserve credential, and wait until the old one is unused',
    )
    .argument('<key-store>', 'key store of the running server')
    .option(
      '--to <access-key-id>',
      'which credential (default: the other one, where there are two)',
    )
    .option(
      '--name <name>',
      "name or id in KMS (default: the one with the server's path, or the key store's name)",
    )
    .option('--log <directory>', "folder of the audit log (default: the configuration's)")
    .option(
      '--quiet <seconds>',
      'the old credential is unused when nothing was signed with it for so long',
      wholeNumber(0),
      QUIET_S,
    )
    .addOption(timeoutOption().default(2 * QUIET_S))
    .addHelpText('after', NOTES)
    .addHelpText('after', example('holdfast aws rotate-credential production'))
    .action(async (keyStore: string, options: Options) => {
      await rotate(keyStore, options, terminal);
    });
}

async function rotate(keyStore: string, options: Options, terminal: Terminal): Promise<void> {
  const { rotateCredential } = await import('../../aws/acts/rotate-credential.js');
  requireTimeForQuiet(options);
  if (options.print) {
    terminal.print(await commandsFor(keyStore, options, terminal));
    return;
  }
  const kms = await kmsFor(options, terminal);
  const served = await servedKeyStore(keyStore, options, terminal);
  const store = await storeInKms(kms, served, options.name);
  const present = store.XksProxyConfiguration?.AccessKeyId ?? '';
  const useSince = await credentialUse(keyStore, auditFolder(options.log, terminal));
  const others = served.accessKeyIds.filter((id) => id !== present);
  const accessKeyId = options.to ?? (await chosen(keyStore, { present, others, useSince }));
  const to = await proxyConfiguration(keyStore, { ...options, accessKeyId }, terminal);
  // KMS has it already: this command was interrupted, and the others are what it had before.
  const former = accessKeyId === present ? others : [];
  const timing = {
    quietMs: options.quiet * 1000,
    timeoutMs: options.timeout * 1000,
    pollMs: POLL_MS,
  };
  await withAdvice(
    rotateCredential(kms, { store, to, former }, { useSince, timing }, (step) => {
      terminal.print(`${step}\n`);
    }),
  );
  terminal.print(
    `Now put a new credential (holdfast credentials generate) in the place of ${present === accessKeyId ? others.join(', ') : present} in the configuration, and restart.\n`,
  );
}

/** @throws CliError where the time is over before the old credential can count as unused */
function requireTimeForQuiet({ quiet, timeout }: Options): void {
  if (quiet <= timeout) return;
  throw new CliError(
    EXIT.usage,
    `--quiet ${String(quiet)} is longer than --timeout ${String(timeout)}: the old credential could not count as unused in that time. Allowed is a --timeout of at least --quiet.`,
  );
}

/** The credentials to choose from, and the record of their use. */
interface Choice {
  readonly present: string;
  readonly others: readonly string[];
  readonly useSince: UseSince | undefined;
}

/**
 * Chooses the reserve. A credential that has signed lately is none: KMS had it before, and this
 * command was interrupted. Then KMS keeps what it has.
 */
async function chosen(keyStore: string, { present, others, useSince }: Choice): Promise<string> {
  const [other] = others;
  if (other === undefined) {
    throw new CliError(
      EXIT.failed,
      `${keyStore} has no credential in reserve: add one to its configuration (holdfast credentials generate), and restart the server`,
    );
  }
  if (others.length > 1 || useSince === undefined) {
    const why = others.length > 1 ? 'has several credentials' : 'has no audit log to look into';
    throw new CliError(EXIT.usage, `${keyStore} ${why}: choose with --to ${others.join(' or ')}`);
  }
  const lately = await useSince(new Date(Date.now() - LATELY_MS));
  return lately.has(other) ? present : other;
}

async function commandsFor(
  keyStore: string,
  { to = 'ACCESS_KEY_ID_OF_THE_RESERVE', name = keyStore, ...options }: Options,
  terminal: Terminal,
): Promise<string> {
  const place = await placeOptions(options, terminal);
  return `umask 077
holdfast key-stores export ${shellWord(keyStore)} --access-key-id ${shellWord(to)} --output xks-proxy.json
${storeIdCommand(place, name)}
jq --arg id "$store" '{CustomKeyStoreId: $id, XksProxyAuthenticationCredential}' xks-proxy.json > update.json
aws kms update-custom-key-store${place} --cli-input-json file://update.json
shred -u update.json xks-proxy.json
`;
}

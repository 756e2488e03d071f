import type { Command } from 'commander';
import type { ShownCredential } from '../../admin/contract/credentials.js';
import type { ChangeOutcome, UseSince } from '../../aws/acts/rotate-credential.js';
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
import { type RemovalTiming, RotatingCredentials } from '../rotating-credentials.js';
import { shellWord } from '../shell-word.js';
import type { Terminal } from '../terminal.js';
import { connect, example, wholeNumber } from './options.js';
import { DAY_MS } from '../../shared/durations.js';

interface Options extends AwsOptions {
  readonly to?: string;
  readonly name?: string;
  readonly quiet: number;
  readonly timeout: number;
  readonly log?: string;
  readonly new?: boolean;
  readonly force?: boolean;
}

/** Twice the time that KMS takes at most until all of its hosts sign with the new credential. */
const QUIET_S = 600;
const POLL_MS = 2_000;
const LATELY_MS = DAY_MS;

const NOTES = `
The four steps of the specification:
  1. The server has a second credential. This command makes one, or takes the one in reserve.
  2. KMS is told it.
  3. Requests are signed with it, and none with the old one any more. This command waits for that,
     by the server's audit log and by the last uses on its other replicas.
  4. The old one is removed, which the server refuses until it is unused for credentialInUseMinutes
     of the key store (ten minutes). This command waits for that, too. One that stands in the
     configuration has to be taken out there.

Both waits say at once what they wait for, and until when at the earliest: together about ten
minutes. It can be interrupted at any moment and repeated: it goes on where it was.`;

/** `holdfast aws rotate-credential` */
export function awsRotateCredentialCommand(terminal: Terminal): Command {
  return changingAwsCommand('rotate-credential')
    .description(
      'let AWS KMS sign with another credential, wait until the old one is unused, and remove it',
    )
    .argument('<key-store>', 'key store of the running server')
    .option(
      '--to <access-key-id>',
      'which credential (default: the other one, where there are two; else a new one)',
    )
    .option('--new', 'make a new credential, whatever there is in reserve')
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
    .option(
      '--force',
      'wait no longer than --quiet, and remove the old one although it is used, or the new one is not',
    )
    .addOption(timeoutOption().default(2 * QUIET_S))
    .addHelpText('after', NOTES)
    .addHelpText('after', example('holdfast aws rotate-credential production'))
    .action(async (keyStore: string, options: Options) => {
      await rotate(keyStore, options, terminal);
    });
}

async function rotate(keyStore: string, options: Options, terminal: Terminal): Promise<void> {
  const { rotateCredential, SAFE_TO_INTERRUPT } = await import(
    '../../aws/acts/rotate-credential.js'
  );
  requireTimeForQuiet(options);
  if (options.print) {
    terminal.print(await commandsFor(keyStore, options, terminal));
    return;
  }
  const kms = await kmsFor(options, terminal);
  const served = await servedKeyStore(keyStore, options, terminal);
  const store = await storeInKms(kms, served, options.name);
  const present = store.XksProxyConfiguration?.AccessKeyId ?? '';
  const credentials = new RotatingCredentials(connect(options, terminal), keyStore);
  const byLog = await credentialUse(keyStore, auditFolder(options.log, terminal));
  const useSince = await credentials.useSince(byLog);
  const choice = { ...options, present, credentials, useSince };
  const { accessKeyId, former, ends } = await chosen(keyStore, choice, terminal);
  const to = await proxyConfiguration(keyStore, { ...options, accessKeyId }, terminal);
  const timing = {
    quietMs: options.quiet * 1000,
    timeoutMs: options.timeout * 1000,
    pollMs: POLL_MS,
  };
  const tell = (sentence: string) => {
    terminal.print(`${sentence}\n`);
  };
  const force = options.force === true;
  const outcome = await withAdvice(
    rotateCredential(kms, { store, to, former, force }, { useSince, timing }, tell),
  );
  const tellWait = (sentence: string) => {
    tell(`${sentence} ${SAFE_TO_INTERRUPT}`);
  };
  const ending = { ...timing, tell: tellWait, ends, force };
  await endFormer(credentials, outcome, ending, terminal);
}

/** The credential that may be removed, and on which terms. */
interface Ending extends RemovalTiming {
  readonly ends: string | undefined;
  readonly force: boolean;
}

/** The last step: what KMS does not use any more goes. */
async function endFormer(
  credentials: RotatingCredentials,
  { unused, isVerified }: ChangeOutcome,
  { ends, force, ...timing }: Ending,
  terminal: Terminal,
): Promise<void> {
  for (const { accessKeyId, source } of await credentials.list()) {
    if (!unused.includes(accessKeyId)) continue;
    if (!isVerified && !force) {
      terminal.print(
        `${accessKeyId} stays, because nothing was signed with the new one yet: repeat this command under traffic, or add --force.\n`,
      );
    } else if (source === 'configuration') {
      terminal.print(`Now take ${accessKeyId} out of the configuration, and reload it.\n`);
    } else if (accessKeyId !== ends) {
      terminal.print(`When nobody needs it: holdfast credentials remove ${accessKeyId}\n`);
    } else {
      await credentials.remove(accessKeyId, force, timing);
      terminal.print(`Removed ${accessKeyId}.\n`);
    }
  }
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
interface Choice extends Pick<Options, 'new' | 'to'> {
  readonly present: string;
  readonly credentials: RotatingCredentials;
  readonly useSince: UseSince;
}

/** The credential that KMS shall have, and those that it had before this command was repeated. */
interface Chosen {
  readonly accessKeyId: string;
  readonly former: readonly string[];
  /** The one that may be removed at the end. */
  readonly ends: string | undefined;
}

/**
 * Chooses the credential: what an interrupted run has begun goes on; else the one in reserve, or a
 * new one. A credential that has signed lately is no reserve: KMS had it before.
 */
async function chosen(
  keyStore: string,
  { to, new: isNew, present, credentials, useSince }: Choice,
  terminal: Terminal,
): Promise<Chosen> {
  const all = await credentials.list();
  const others = all.filter((each) => each.accessKeyId !== present && each.standing === 'valid');
  const ids = others.map(({ accessKeyId }) => accessKeyId);
  if (to === present) return { accessKeyId: to, former: ids, ends: replacedBy(all, to) };
  if (to !== undefined) return { accessKeyId: to, former: [], ends: present };
  const begun = isNew === true ? undefined : begunBefore(all, present);
  if (begun !== undefined) return begun;
  const [other] = ids;
  if (isNew === true || other === undefined) {
    const accessKeyId = await credentials.add(present);
    terminal.print(`Made ${accessKeyId}.\n`);
    return { accessKeyId, former: [], ends: present };
  }
  if (ids.length > 1) {
    throw new CliError(
      EXIT.usage,
      `${keyStore} has several credentials: choose with --to ${ids.join(' or ')}, or make another one with --new`,
    );
  }
  const lately = await useSince(new Date(Date.now() - LATELY_MS));
  if (lately.has(other)) return { accessKeyId: present, former: ids, ends: other };
  return { accessKeyId: other, former: [], ends: present };
}

/** The change that an earlier run has begun: a credential says in whose place it came. */
function begunBefore(all: readonly ShownCredential[], present: string): Chosen | undefined {
  const made = all.find(({ standing, replaces }) => replaces === present && standing === 'valid');
  if (made !== undefined) {
    return { accessKeyId: made.accessKeyId, former: [], ends: present };
  }
  const ends = replacedBy(all, present);
  return ends === undefined ? undefined : { accessKeyId: present, former: [ends], ends };
}

/** The credential in whose place another one came, while it is there. */
function replacedBy(all: readonly ShownCredential[], id: string): string | undefined {
  const replaces = all.find(({ accessKeyId }) => accessKeyId === id)?.replaces;
  return all.find(({ accessKeyId }) => accessKeyId === replaces)?.accessKeyId;
}

/** The commands that put the id of the served key store into `$store`, whatever its name in KMS. */
function servedStoreIdCommands(place: string, store: string): string {
  return `path=$(jq -r .XksProxyUriPath xks-proxy.json)
ids=$(holdfast credentials list --key-store ${store} --json | jq -c '[.credentials[].accessKeyId]')
store=$(aws kms describe-custom-key-stores${place} --output json | jq -r --arg path "$path" --argjson ids "$ids" '.CustomKeyStores[] | select(.XksProxyConfiguration | .UriPath == $path and IN(.AccessKeyId; $ids[])) | .CustomKeyStoreId')`;
}

async function commandsFor(
  keyStore: string,
  { to, name, ...options }: Options,
  terminal: Terminal,
): Promise<string> {
  const place = await placeOptions(options, terminal);
  const store = shellWord(keyStore);
  const id =
    to === undefined
      ? `$(holdfast credentials add --key-store ${store} --json | jq -r .accessKeyId)`
      : shellWord(to);
  return `umask 077
new=${id}
holdfast credentials export "$new" --output xks-proxy.json
${name === undefined ? servedStoreIdCommands(place, store) : storeIdCommand(place, name)}
jq --arg id "$store" '{CustomKeyStoreId: $id, XksProxyAuthenticationCredential}' xks-proxy.json > update.json
aws kms update-custom-key-store${place} --cli-input-json file://update.json
shred -u update.json xks-proxy.json
# When LAST USED of the old one is ten minutes ago: holdfast credentials remove ID
holdfast credentials list --key-store ${store}
`;
}

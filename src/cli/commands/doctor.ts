import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { type Endpoint, hostHeader } from '../../doctor/client/endpoint.js';
import { count, type Finding } from '../../doctor/finding.js';
import {
  type ConsoleFile,
  parseConsoleFile,
  parseTarget,
  resolveWith,
  UnusableText,
} from '../../doctor/target.js';
import { helpCommand } from '../command-group.js';
import { CliError, EXIT } from '../exit.js';
import { readNamedFile } from '../read-small-file.js';
import { printJson, type Terminal } from '../terminal.js';
import { doctorBackendCommand } from './doctor-backend.js';

const PLAINTEXT_BYTES = 32;
const DEFAULT_SAMPLES = 50;
const MAX_SAMPLES = 10_000;

const NOTES = `
It asks any XKS proxy, from outside, for everything that the specification demands and that shows on the wire,
and measures how long it takes from this machine. A few hundred requests are made, some of them wrong on purpose;
none of them changes anything. Random bytes are encrypted with --key, and nothing with --read-only.

The credential comes from the JSON file for the KMS console (--credential), or from the environment:
XKS_PROXY_ACCESS_KEY_ID and XKS_PROXY_SECRET_ACCESS_KEY.

The exit code is 1 if a MUST of the specification is broken, and 4 if nothing is but something could not be
looked at. What options leave out counts as neither.

Example:
  $ holdfast doctor https://xks.example.com/payroll --credential payroll.json --key payroll
`;

interface Options {
  readonly credential?: string;
  readonly key?: string;
  readonly otherKey?: string;
  readonly encryptOnlyKey?: string;
  readonly decryptOnlyKey?: string;
  readonly disabledKey?: string;
  readonly ca?: string;
  readonly resolve?: string;
  readonly region: string;
  readonly samples: number;
  readonly readOnly?: boolean;
  readonly json?: boolean;
  readonly all?: boolean;
}

/** `holdfast doctor URL`, and `holdfast doctor backend` below it */
export function doctorCommand(terminal: Terminal): Command {
  return (
    new Command('doctor')
      // The command below it has options of the same names.
      .enablePositionalOptions()
      .description('examine any XKS proxy from outside, and say what is wrong and what to do')
      .argument('<url>', 'the key store: https://HOST/PREFIX, with /kms/xks/v1 or without')
      .option('--credential <file>', 'JSON file for the KMS console, with access key id and secret')
      .option(
        '--key <id>',
        'external key that encrypts and decrypts; without one no key is examined',
      )
      .option('--other-key <id>', 'another key that decrypts')
      .option('--encrypt-only-key <id>', 'key that may only encrypt')
      .option('--decrypt-only-key <id>', 'key that may only decrypt')
      .option('--disabled-key <id>', 'key that is disabled')
      .option('--ca <file>', 'PEM of authorities to trust beside those that KMS trusts')
      .option('--resolve <host=address:port>', 'connect there in place of asking DNS')
      .option('--region <region>', 'AWS region that requests are signed for', 'us-east-1')
      .option(
        '--samples <number>',
        'calls to measure each operation by',
        samplesOf,
        DEFAULT_SAMPLES,
      )
      .option('--read-only', 'encrypt nothing')
      .option('--all', 'print every check, also where there is nothing to tell')
      .option('--json', 'print JSON, for programs')
      .addHelpText('after', NOTES)
      .addCommand(doctorBackendCommand(terminal))
      .addCommand(helpCommand(), { hidden: true })
      .action(async (url: string, options: Options) => {
        await examineProxy(url, options, terminal);
      })
  );
}

async function examineProxy(url: string, options: Options, terminal: Terminal): Promise<void> {
  const endpoint = await endpointOf(url, options, terminal);
  // Only here: its tables would slow down every other command.
  const { authoritiesWith } = await import('../../doctor/authorities/authorities.js');
  const { examine } = await import('../../doctor/examine.js');
  const { makeSubject } = await import('../../doctor/subject.js');
  const { renderExamination } = await import('../examination-report.js');
  const subject = makeSubject({
    endpoint,
    keys: options,
    isReadOnly: options.readOnly === true,
    plaintext: randomBytes(PLAINTEXT_BYTES),
    authorities: authoritiesWith(await authoritiesIn(options.ca)),
    samples: options.samples,
  });
  const startedAt = new Date().toISOString();
  const findings = await examine(subject).finally(() => {
    subject.close();
  });
  const at = `https://${hostHeader(endpoint)}${endpoint.uriPath}`;
  const { sound, complete } = verdictOn(findings);
  if (options.json) printJson(terminal, { url: at, startedAt, sound, complete, findings });
  else terminal.print(renderExamination(at, findings, options.all === true));
  if (!sound) throw new CliError(EXIT.failed, `${at} does not do what KMS asks of it`);
  if (!complete) throw new CliError(EXIT.notLookedAt, 'something could not be looked at');
}

function verdictOn(findings: readonly Finding[]) {
  return { sound: count(findings, 'failed') === 0, complete: count(findings, 'unknown') === 0 };
}

async function endpointOf(url: string, options: Options, { env }: Terminal): Promise<Endpoint> {
  try {
    const named = parseTarget(url);
    const target = options.resolve === undefined ? named : resolveWith(named, options.resolve);
    const file = await credentialOf(options.credential, env);
    const { credential } = file;
    const uriPath = target.uriPath ?? file.uriPath ?? '/kms/xks/v1';
    return { ...target, uriPath, credential, region: options.region };
  } catch (error) {
    if (error instanceof UnusableText) throw new CliError(EXIT.usage, error.message);
    throw error;
  }
}

async function credentialOf(path: string | undefined, env: Terminal['env']): Promise<ConsoleFile> {
  if (path !== undefined)
    return parseConsoleFile(path, (await readNamedFile(path, 'the credential')).toString());
  const accessKeyId = env['XKS_PROXY_ACCESS_KEY_ID'];
  const secretAccessKey = env['XKS_PROXY_SECRET_ACCESS_KEY'];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CliError(
      EXIT.usage,
      'There is no credential. Name the JSON file for the KMS console with --credential, or set ' +
        'XKS_PROXY_ACCESS_KEY_ID and XKS_PROXY_SECRET_ACCESS_KEY.',
    );
  }
  return { credential: { accessKeyId, secretAccessKey } };
}

async function authoritiesIn(path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  const text = (await readNamedFile(path, 'the authorities')).toString();
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CliError(EXIT.usage, `${path} has no certificate in PEM`);
}

function samplesOf(text: string): number {
  const samples = Number(text);
  if (Number.isInteger(samples) && samples >= 1 && samples <= MAX_SAMPLES) return samples;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${MAX_SAMPLES}.`);
}

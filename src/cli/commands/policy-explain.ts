import { Command, Option } from 'commander';
import type { OfflinePolicies } from '../../authorization/offline.js';
import type { Explanation } from '../../evidence/policies/explanation.js';
import type { KeyOperationRecord } from '../../evidence/policies/recorded-request.js';
import { auditFolder } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import {
  configuredPolicies,
  onPolicies,
  readPolicySet,
  stateDirectory,
} from '../policy-sources.js';
import { readSmallFile } from '../read-small-file.js';
import { record as recordTable } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { wholeNumber } from './options.js';

const NOTES = `
--record explains the decision over a request of the audit log, by the policies of that time: every set that was in
force is kept in the state directory by its hash. Where no policy permits a request, those permit policies are named
that apply to it, and whose conditions are not met. --request explains a request that a YAML file describes
(docs/policies.md#test-cases), by the policies of --policies or of the configuration.

Example:
  $ holdfast policy explain --record 1742
  $ holdfast policy explain --request denied.yaml --key-store production
`;

interface Options {
  readonly record?: number;
  readonly request?: string;
  readonly log?: string;
  readonly keyStore?: string;
  readonly policies?: string;
  readonly json?: boolean;
}

/** `holdfast policy explain` */
export function policyExplainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .description('why a request was allowed or denied, or would be; needs no server')
    .addOption(
      new Option('--record <sequence>', 'a record of the audit log')
        .argParser(wholeNumber(0))
        .conflicts('request'),
    )
    .option('--request <file>', 'a request in a YAML file')
    .option('--log <directory>', "folder of the audit log (default: the configuration's)")
    .option('--key-store <name>', 'whose policies decide over --request')
    .option('--policies <path>', 'the policies that decide over --request')
    .option('--config <file>', "the server's configuration (default: as for serve)")
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const explanation = await onPolicies(() => explain(options, terminal));
      if (options.json) printJson(terminal, explanation);
      else terminal.print(textOf(explanation));
      if (explanation.contradiction !== undefined) {
        throw new CliError(
          EXIT.failed,
          `The record contradicts itself: ${explanation.contradiction}.`,
        );
      }
    });
}

function explain(options: Options, terminal: Terminal): Promise<Explanation> {
  if (options.record !== undefined) return explainSequence(options.record, options, terminal);
  if (options.request !== undefined) return explainFile(options.request, options, terminal);
  throw new CliError(EXIT.usage, 'Name --record SEQUENCE or --request FILE.');
}

async function explainFile(
  file: string,
  { keyStore, policies }: Options,
  terminal: Terminal,
): Promise<Explanation> {
  const { readRequest } = await import('../../authorization/cases/case-file.js');
  const { openOffline } = await import('../../authorization/offline.js');
  const { explainRequest } = await import('../../evidence/policies/explanation.js');
  const request = readRequest(file, await readSmallFile(file));
  if (policies === undefined && keyStore === undefined) {
    throw new CliError(EXIT.usage, 'Name --key-store or --policies.');
  }
  const [source] =
    policies === undefined
      ? await configuredPolicies(keyStore, terminal)
      : [await readPolicySet(policies, { keyStore: keyStore ?? 'store' })];
  if (source === undefined) throw new CliError(EXIT.usage, 'There are no policies.');
  return explainRequest(request, await openOffline(source));
}

async function explainSequence(
  sequence: number,
  { log }: Options,
  terminal: Terminal,
): Promise<Explanation> {
  const { explainRecord } = await import('../../evidence/policies/explanation.js');
  const found = await findRecord(auditFolder(log, terminal), sequence);
  const hash = found.authorization?.policySet;
  const kept = hash === undefined ? undefined : await keptPolicies(hash, terminal);
  if (hash !== undefined && kept === undefined) {
    terminal.complain(
      `warning: the policies ${hash} are not kept in ${stateDirectory(terminal)}; another replica may have them\n`,
    );
  }
  return explainRecord(found, kept);
}

async function findRecord(folder: string, sequence: number): Promise<KeyOperationRecord> {
  const { findBySequence } = await import('../../evidence/policies/find-record.js');
  const record = await findBySequence(folder, sequence);
  if (record === undefined) {
    throw new CliError(EXIT.failed, `The audit log in ${folder} has no record ${sequence}.`);
  }
  if (record.type !== 'key-operation') {
    const what = `Record ${sequence} is of the type ${record.type}`;
    throw new CliError(EXIT.failed, `${what}: policies decide over uses of keys alone.`);
  }
  return record;
}

/** Opens a kept set; undefined where it is not kept here. */
export async function keptPolicies(
  hash: string,
  terminal: Terminal,
): Promise<OfflinePolicies | undefined> {
  const { readKeptSet } = await import('../../authorization/kept-sets.js');
  const { openOffline } = await import('../../authorization/offline.js');
  const source = await readKeptSet(stateDirectory(terminal), hash);
  return source && openOffline(source);
}

function textOf({ decision, because, policies, unmet, policySet }: Explanation): string {
  const head = recordTable([
    ['decision', decision],
    ['because', because],
    ...(policySet === undefined ? [] : [['policies', policySet] as const]),
  ]);
  const decided = policies.map((policy) => policyText(policy));
  return [head, ...decided, ...unmet.map((policy) => policyText(policy, ', not met'))].join('');
}

function policyText({ id, file, line, text }: Explanation['policies'][number], note = ''): string {
  return `\n${id} (${file}, line ${line}${note})\n${indented(text)}\n`;
}

function indented(text: string): string {
  return text.replace(/^/gmu, '  ');
}

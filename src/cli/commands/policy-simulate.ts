import type { Command } from 'commander';
import type { Simulation, SimulationResult } from '../../evidence/policies/simulation.js';
import { auditLogs } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import { onPolicies, readPolicySet, SET_ARGUMENT } from '../policy-sources.js';
import { readSmallFile } from '../read-small-file.js';
import { eventText } from '../search-events.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { fromOption, toOption } from '../time-options.js';
import { auditCommand } from './options.js';
import { keptPolicies } from './policy-explain.js';
import { counted } from '../../shared/counted.js';

const NOTES = `
Asks a candidate about every request of the audit log that was decided over, and lists what it would decide otherwise.
A record has the tags of a key only as far as the policies of its time read them; --keys takes the tags of today from
the output of "holdfast keys list --json". What break glass let through counts as denied by the policies.

Exit code 1: a part of the log could not be read. Exit code 4: no request could be decided.

Example:
  $ holdfast policy simulate candidate/ --key-store production --from 2026-01-01 --to 2026-02-01
`;

interface Options {
  readonly keyStore: string;
  readonly log?: readonly string[];
  readonly keys?: string;
  readonly timeZone: string;
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
}

/** `holdfast policy simulate` */
export function policySimulateCommand(terminal: Terminal): Command {
  return auditCommand('simulate', '<directory...>')
    .description('what a candidate would have decided over the requests of the audit log')
    .argument('<candidate>', SET_ARGUMENT)
    .requiredOption('--key-store <name>', 'the key store whose requests are replayed')
    .addOption(fromOption())
    .addOption(toOption())
    .option('--keys <file>', 'tags of the keys: the output of "holdfast keys list --json"')
    .option('--time-zone <name>', 'of localHour and weekday, where no YAML file says one', 'UTC')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (candidate: string, options: Options) => {
      await onPolicies(() => simulate(candidate, options, terminal));
    });
}

async function simulate(candidate: string, options: Options, terminal: Terminal): Promise<void> {
  const { openOffline } = await import('../../authorization/offline.js');
  const { Simulation } = await import('../../evidence/policies/simulation.js');
  const { keyStore } = options;
  const { authorizer } = await openOffline(await readPolicySet(candidate, options));
  const kept = new Map<string, ReturnType<typeof keptPolicies>>();
  const tags = await tagsFrom(options.keys);
  const simulation = new Simulation({
    ...{ keyStore, candidate: authorizer },
    tagsOf: (externalKeyId) => tags?.get(externalKeyId),
    keptSet: async (hash) => {
      const opened = kept.get(hash) ?? keptPolicies(hash, terminal);
      kept.set(hash, opened);
      return (await opened)?.authorizer;
    },
  });
  const isWhole = await replay(simulation, options, terminal);
  const result = simulation.result();
  if (options.json) printJson(terminal, result);
  else terminal.print(textOf(result));
  if (!isWhole) throw new CliError(EXIT.failed, 'not all could be read: there may be more');
  const decided = result.unchanged + result.wouldAllow + result.wouldDeny;
  if (decided === 0) throw new CliError(EXIT.nothingCompared, nothing(result, options));
}

/** @returns false where a part of a log could not be read */
async function replay(
  simulation: Simulation,
  options: Options,
  terminal: Terminal,
): Promise<boolean> {
  const { search } = await import('../../evidence/search/search.js');
  const { conditionOn } = await import('../../evidence/search/condition.js');
  const { keyStore, from, to, log } = options;
  const conditions = [conditionOn('type', 'key-operation'), conditionOn('keyStore', keyStore)];
  let isWhole = true;
  const found = search(
    await auditLogs(log, terminal),
    { conditions, fromMs: from, toMs: to },
    {
      threads: 1,
      notify: (event) => {
        isWhole = false;
        terminal.complain(`${eventText(event)}\n`);
      },
    },
  );
  for await (const { record } of found) {
    if (record.type === 'key-operation') await simulation.take(record);
  }
  return isWhole;
}

async function tagsFrom(
  file: string | undefined,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>> | undefined> {
  if (file === undefined) return undefined;
  const { keyListSchema } = await import('../../admin/contract/keys.js');
  const { parsedJson } = await import('../../shared/parsed-json.js');
  const listed = keyListSchema.safeParse(parsedJson(await readSmallFile(file)));
  if (!listed.success) {
    throw new CliError(EXIT.usage, `${file} is no output of "holdfast keys list --json".`);
  }
  return new Map(
    listed.data.keys.map(({ externalKeyId, tags }) => [
      externalKeyId,
      new Map(Object.entries(tags)),
    ]),
  );
}

function nothing({ requests }: SimulationResult, { keyStore }: Options): string {
  return requests === 0
    ? `The log has no request of the key store ${keyStore} in this period.`
    : `Of ${counted(requests, 'request')} none could be decided.`;
}

function textOf({
  requests,
  neverAsked,
  unchanged,
  wouldDeny,
  wouldAllow,
  undecided,
  changed,
}: SimulationResult) {
  const head =
    `${counted(requests, 'request')}: ${unchanged} decided as before, ${wouldDeny} would be denied, ` +
    `${wouldAllow} would be allowed\n`;
  const before = neverAsked === 0 ? [] : [`${neverAsked} more ended before any policy is asked\n`];
  const unknown = Object.entries(undecided).map(([why, count]) => `${count} not decided: ${why}\n`);
  const rows = changed.map((each) => [
    ...[each.change, String(each.count), each.operation, each.externalKeyId],
    ...[
      each.awsPrincipalArn,
      each.kmsViaService ?? '',
      each.policies.join(', '),
      String(each.first),
    ],
  ]);
  const header = [
    ...['CHANGE', 'COUNT', 'OPERATION', 'KEY', 'PRINCIPAL', 'VIA', 'BY', 'FIRST RECORD'],
  ];
  return [
    head,
    ...before,
    ...unknown,
    ...(rows.length === 0 ? [] : ['\n', table(header, rows)]),
  ].join('');
}

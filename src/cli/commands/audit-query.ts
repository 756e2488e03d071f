import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { Condition } from '../../evidence/search/condition.js';
import type { Filter } from '../../evidence/search/filter.js';
import type { Hit, SearchConfig } from '../../evidence/search/search-log.js';
import { auditLogs } from '../audit-folders.js';
import { wellFormedJson } from '../../shared/well-formed-json.js';
import { CliError, EXIT } from '../exit.js';
import { fromOption, toOption } from '../time-options.js';
import type { Terminal } from '../terminal.js';
import { auditCommand, wholeNumber } from './options.js';

/** A table is laid out when all of it is known, and nobody reads more than this. */
const DEFAULT_TABLE_ROWS = 1000;
/** Each takes some 20 MB. */
const MAX_THREADS = 4;
/** Options that are a condition on one field. */
const SHORTHANDS = {
  requestId: 'kmsRequestId',
  principal: 'awsPrincipalArn',
  operation: 'operation',
  error: 'errorName',
  type: 'type',
} as const;

const NOTES = `
A record must meet all conditions. --where takes any field of a record, with dots for nested fields
(authorization.decision, nodesTried.node). A value that ends in * matches every value with that beginning, and *
alone matches any value: --where errorName=*. --jsonl prints the lines exactly as they are in the log, so that they
can be verified.

The search uses up to four cores. With --from or --to it reads only the segments with records of the period.

Exit code 1: a part of a log could not be read, so there may be more records than were printed.

Example:
  $ holdfast audit query --log /var/lib/holdfast/audit --request-id 2f1c8c5e-…
  $ holdfast audit query --log /var/lib/holdfast/audit --key payroll --from 2026-01-01 --error AccessDenied*
`;

interface Options extends Partial<Record<keyof typeof SHORTHANDS, string>> {
  readonly log?: readonly string[];
  readonly where: readonly string[];
  readonly key?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly json?: boolean;
  readonly jsonl?: boolean;
}

/** `holdfast audit query` */
export function auditQueryCommand(terminal: Terminal): Command {
  return auditCommand('query', '<directory...>')
    .description('search the audit log by any field and time; needs no server')
    .option('--where <field=value...>', 'only records with this; may be repeated', [])
    .option('--request-id <id>', "only of this call of KMS: CloudTrail's requestID")
    .option('--key <id>', 'only of this external key, or KMS key when it is an ARN')
    .option('--principal <arn>', 'only for this AWS principal')
    .option('--operation <name>', 'only Encrypt, Decrypt, GetKeyMetadata or GetHealthStatus')
    .option('--error <name>', 'only those answered with this error')
    .option('--type <type>', 'only records of this type: key-operation, unauthenticated …')
    .addOption(fromOption())
    .addOption(toOption())
    .option(
      '--limit <count>',
      'at most so many, the earliest (default: 1000 in a table)',
      wholeNumber(1),
    )
    .option('--json', 'print a JSON array, for programs')
    .option('--jsonl', 'print the lines of the log as they are')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await query(options, terminal);
    });
}

async function query(options: Options, terminal: Terminal): Promise<void> {
  const { eventText } = await import('../search-events.js');
  const { unknownFields } = await import('../../evidence/search/known-fields.js');
  const { search } = await import('../../evidence/search/search.js');
  const unreadable: string[] = [];
  const config: SearchConfig = {
    threads: Math.min(availableParallelism(), MAX_THREADS),
    notify(event) {
      if (event.kind === 'unreadable') unreadable.push(event.segment);
      terminal.complain(`${eventText(event)}\n`);
    },
  };
  const filter = await filterOf(options);
  const log = await auditLogs(options.log, terminal);
  for (const field of unknownFields(filter.conditions)) {
    terminal.complain(`warning: this version of Holdfast writes no field ${field}\n`);
  }
  await printHits(search(log, filter, config), options, terminal);
  if (unreadable.length > 0)
    throw new CliError(EXIT.failed, 'not all could be searched: there may be more');
}

async function filterOf(options: Options): Promise<Filter> {
  const { ConditionError, conditionOn, parseCondition } = await import(
    '../../evidence/search/condition.js'
  );
  const conditions: Condition[] = [];
  for (const [option, path] of Object.entries(SHORTHANDS)) {
    const value = options[option as keyof typeof SHORTHANDS];
    if (value !== undefined) conditions.push(conditionOn(path, value));
  }
  if (options.key !== undefined) {
    const path = options.key.startsWith('arn:') ? 'kmsKeyArn' : 'externalKeyId';
    conditions.push(conditionOn(path, options.key));
  }
  try {
    conditions.push(...options.where.map(parseCondition));
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    throw new CliError(EXIT.usage, `--where: ${error.message}`);
  }
  return { conditions, fromMs: options.from, toMs: options.to };
}

async function printHits(
  found: AsyncGenerator<Hit>,
  { limit, json, jsonl }: Options,
  terminal: Terminal,
): Promise<void> {
  if (jsonl) await printLines(first(found, limit), terminal);
  else if (json) await printArray(first(found, limit), terminal);
  else await printTable(found, limit ?? DEFAULT_TABLE_ROWS, terminal);
}

async function* first(found: AsyncGenerator<Hit>, limit = Infinity): AsyncGenerator<Hit> {
  let count = 0;
  for await (const hit of found) {
    yield hit;
    count += 1;
    if (count >= limit) return;
  }
}

async function printLines(found: AsyncGenerator<Hit>, terminal: Terminal): Promise<void> {
  for await (const { line } of found) terminal.print(`${line}\n`);
}

/** As it goes: there may be millions. */
async function printArray(found: AsyncGenerator<Hit>, terminal: Terminal): Promise<void> {
  let before = '[';
  for await (const { line, record } of found) {
    // Logs of 0.1 may have texts that are not well-formed, and programs are to read this.
    terminal.print(`${before}\n${line.includes('\\ud') ? wellFormedJson(record) : line}`);
    before = ',';
  }
  terminal.print(before === '[' ? '[]\n' : '\n]\n');
}

async function printTable(
  found: AsyncGenerator<Hit>,
  limit: number,
  terminal: Terminal,
): Promise<void> {
  const { hitTable } = await import('../audit-hits.js');
  const hits: Hit[] = [];
  for await (const hit of first(found, limit + 1)) hits.push(hit);
  const shown = hits.slice(0, limit);
  terminal.print(shown.length === 0 ? 'No records.\n' : hitTable(shown));
  if (hits.length > limit) {
    terminal.complain(`there are more than these ${limit}; see --limit and --jsonl\n`);
  }
}

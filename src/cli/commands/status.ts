import type { Command } from 'commander';
import type { Status } from '../../admin/contract/status.js';
import { record, table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';
import { counted } from '../../shared/counted.js';

/** `holdfast status` */
export function statusCommand(terminal: Terminal): Command {
  return listingCommand('status')
    .description('show how this replica is: state, other replicas, nodes, audit log, what is to do')
    .addHelpText('after', example('holdfast status'))
    .action(async (options: ListingOptions) => {
      const status = await connect(options, terminal).call('showStatus', {});
      if (options.json) printJson(terminal, status);
      else terminal.print(statusText(status));
    });
}

function statusText(status: Status): string {
  return [facts(status), replicas(status), nodes(status), waiting(status)].join('\n');
}

function facts(status: Status): string {
  const { version, generation, state, audit, webhooks } = status;
  const { storeId, place, standing, applied, ageMs, isShared, leftAside } = state;
  const { file, number, since, sha256 } = generation;
  const age = isShared ? `, confirmed ${seconds(ageMs)} ago` : '';
  return record([
    ['Version', version],
    ['Configuration', `${file}, generation ${number}, since ${since}`],
    ['SHA-256', sha256],
    ['Last reload', reloadText(status)],
    ['State', `${standing}, revision ${applied}${age}`],
    ['State store', `${place}, id ${storeId}`],
    ...leftAside.map((sentence) => ['Left aside', sentence] as const),
    ['Audit log', audit === undefined ? 'none' : auditText(audit)],
    ...webhooks.map((webhook) => [`Webhook ${webhook.webhook}`, webhookText(webhook)] as const),
  ]);
}

function reloadText({ lastReload: last, failedReloads }: Status): string {
  if (last === undefined) return 'none';
  // One that stands is told with its reason among what waits for a person.
  const stands = failedReloads.some(({ at }) => at === last.at);
  const reason = stands ? '' : `: ${onOneLine(last.reason ?? 'no reason is known')}`;
  const words = {
    success: 'is in force',
    unchanged: 'changed nothing',
    failure: `failed${reason}`,
  };
  return `${last.at}, by ${TRIGGERS[last.trigger]}, ${words[last.result]}`;
}

const TRIGGERS = { signal: 'SIGHUP', command: 'command', files: 'files that changed' } as const;

function auditText({ records, isInterrupted, sinks }: NonNullable<Status['audit']>): string {
  const behind = sinks.map(({ sink, behind: count }) => `, ${sink} ${count} behind`).join('');
  return `${counted(records, 'record')}${isInterrupted ? ', which cannot be written' : ''}${behind}`;
}

function webhookText({ queued, stuckMs, dropped }: Status['webhooks'][number]): string {
  const waiting = queued === 0 ? 'nothing waits' : counted(queued, 'waits', 'wait');
  const stuck = stuckMs === 0 ? '' : `, nothing taken for ${seconds(stuckMs)}`;
  return `${waiting}${stuck}${dropped === 0 ? '' : `, ${dropped} given up`}`;
}

function replicas({ replicas: found, state }: Status): string {
  if (!state.isShared) return 'The state is of this replica alone.\n';
  return table(
    ['REPLICA', 'VERSION', 'REVISION', 'LEASE ENDS IN'],
    found.map(({ name, version, applied, leaseEndsInMs }) => [
      name,
      version,
      String(applied),
      leaseEndsInMs === 0 ? 'not known' : seconds(leaseEndsInMs),
    ]),
  );
}

function nodes({ keyManagers }: Status): string {
  return table(
    ['KEY MANAGER', 'NODE', 'LOCATION', 'STATUS'],
    keyManagers.flatMap((keyManager) =>
      keyManager.nodes.map(({ name, location, status }) => [
        keyManager.name,
        name,
        location,
        status,
      ]),
    ),
  );
}

function waiting({ waiting: sentences }: Status): string {
  if (sentences.length === 0) return 'Nothing waits for a person.\n';
  return `Waiting for a person:\n${sentences.map(waitingItem).join('')}`;
}

/** Its lines below each other: the mistakes in a configuration have several. */
function waitingItem(sentence: string): string {
  return `  - ${sentence.replaceAll('\n', '\n    ')}\n`;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

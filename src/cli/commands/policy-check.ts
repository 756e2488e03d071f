import { Command } from 'commander';
import type { PolicySource } from '../../authorization/policy-source.js';
import { CliError, EXIT } from '../exit.js';
import { configuredPolicies, onPolicies, readPolicySets, SET_ARGUMENT } from '../policy-sources.js';
import { printJson, type Terminal } from '../terminal.js';
import { counted } from '../../shared/counted.js';

const NOTES = `
Parses the policies, validates them strictly against the schema (docs/policies.md), and says what is probably meant
otherwise. Files of one folder are one set, so that the same is found where the folder is named. Without a path it
checks the policies of every key store of the server's configuration, candidates too.

Example:
  $ holdfast policy check /etc/holdfast/policies
`;

interface Options {
  readonly json?: boolean;
}

/** `holdfast policy check` */
export function policyCheckCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('check policies against the schema; needs no server')
    .argument('[path...]', SET_ARGUMENT)
    .option('--config <file>', "the server's configuration (default: as for serve)")
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (paths: readonly string[], options: Options) => {
      await onPolicies(() => check(paths, options, terminal));
    });
}

async function check(paths: readonly string[], { json }: Options, terminal: Terminal) {
  const { checkInThread } = await import('../../authorization/cedar/check-thread.js');
  const { adviceOn } = await import('../../authorization/cedar/advice.js');
  const { problemText } = await import('../../authorization/offline.js');
  const sources: readonly PolicySource[] =
    paths.length === 0
      ? await configuredPolicies(undefined, terminal)
      : await readPolicySets(paths, { keyStore: 'store' });
  const checked = await checkInThread(sources);
  const problems = checked.flatMap((each) => each.problems);
  const policies = checked.flatMap(({ layers }) => layers.flatMap((layer) => layer.policies));
  const advice = problems.length > 0 ? [] : policies.flatMap(adviceOn);
  if (json) printJson(terminal, { policies: policies.length, problems, advice });
  else for (const line of advice) terminal.complain(`warning: ${line}\n`);
  if (problems.length > 0) {
    throw new CliError(EXIT.failed, problems.map(problemText).join('\n'));
  }
  if (!json) terminal.print(`${counted(policies.length, 'policy', 'policies')}: ok\n`);
}

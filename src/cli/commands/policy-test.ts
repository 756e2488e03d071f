import { Command } from 'commander';
import type { CaseOutcome } from '../../authorization/cases/run-cases.js';
import { CliError, EXIT } from '../exit.js';
import { onPolicies } from '../policy-sources.js';
import { readSmallFile } from '../read-small-file.js';
import { printJson, type Terminal } from '../terminal.js';
import { counted } from '../../shared/counted.js';

const NOTES = `
A file of cases names policies, and requests with what is to be decided over each (docs/policies.md#test-cases). It is
made for the pipeline of the repository in which policies are kept.

Exit code 1: a case was decided otherwise, or the policies are not valid.

Example:
  $ holdfast policy test policies/*.test.yaml
`;

interface Options {
  readonly json?: boolean;
}

/** `holdfast policy test` */
export function policyTestCommand(terminal: Terminal): Command {
  return new Command('test')
    .description('run cases against policies; needs no server')
    .argument('<file...>', 'files of cases, in YAML')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (files: readonly string[], options: Options) => {
      await onPolicies(() => test(files, options, terminal));
    });
}

async function test(files: readonly string[], { json }: Options, terminal: Terminal) {
  const { readCases } = await import('../../authorization/cases/case-file.js');
  const { runCases } = await import('../../authorization/cases/run-cases.js');
  const all: { readonly file: string; readonly outcomes: readonly CaseOutcome[] }[] = [];
  for (const file of files) {
    const outcomes = await runCases(readCases(file, await readSmallFile(file)));
    all.push({ file, outcomes });
    if (!json) terminal.print(reportOf(file, outcomes));
  }
  if (json) printJson(terminal, all);
  const outcomes = all.flatMap((each) => each.outcomes);
  const failed = outcomes.filter(({ passed }) => !passed).length;
  if (failed > 0)
    throw new CliError(EXIT.failed, `${failed} of ${counted(outcomes.length, 'case')} failed.`);
}

function reportOf(file: string, outcomes: readonly CaseOutcome[]): string {
  const failures = outcomes.filter(({ passed }) => !passed).map(failureOf);
  const passed = outcomes.length - failures.length;
  return [
    `${file}: ${passed} of ${counted(outcomes.length, 'case')} as expected`,
    ...failures,
    '',
  ].join('\n');
}

function failureOf({ name, expected, expectedPolicies, decision }: CaseOutcome): string {
  const by = expectedPolicies === undefined ? '' : ` by ${namesOf(expectedPolicies)}`;
  const error = decision.error === undefined ? '' : `; ${decision.error}`;
  return (
    `  ${name}\n    expected: ${expected}${by}\n` +
    `    found:    ${decision.decision} by ${namesOf(decision.policies)}${error}`
  );
}

function namesOf(policies: readonly string[]): string {
  return policies.length === 0 ? 'no policy' : policies.join(', ');
}

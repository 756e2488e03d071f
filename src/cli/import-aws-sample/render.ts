import { stringify } from 'yaml';
import type { ImportedConfiguration } from './import-settings.js';

/** The configuration as YAML, with what an operator should know above it. */
export function renderImported({ configuration, secrets, notes }: ImportedConfiguration): string {
  const comments = [
    "Made from the settings of AWS's sample proxy by `holdfast import aws-sample`.",
    'docs/coming-from-aws-sample.md says how to move over.',
    '',
    'Not in the settings, so to be looked at: how many proxies there are (proxyFleetSize, and',
    'replicas of the key manager), and the environment variables that the library of the HSM needs',
    '(environment of the key manager).',
    '',
    'Secrets, each in a file of mode 0600:',
    ...secrets.map(({ fileName, setting }) => `  ${fileName}  ${setting}`),
    '',
    'Settings that are not carried over as they are:',
    ...notes.map(({ setting, note }) => `  ${setting}: ${note}`),
  ];
  const header = comments.map((line) => `# ${line}`.trimEnd()).join('\n');
  return `${header}\n\n${stringify(configuration, { lineWidth: 0 })}`;
}

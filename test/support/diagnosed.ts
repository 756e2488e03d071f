import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { configurationFolder, keyStore, validConfiguration } from './configuration-fixture.js';
import { type CommandResult, holdfast, holdfastProcess } from './holdfast-command.js';

const diagnosisSchema = z.object({
  sound: z.boolean(),
  nodes: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      findings: z.array(
        z.object({
          check: z.string(),
          outcome: z.string(),
          detail: z.string(),
          code: z.string().optional(),
          advice: z.string().optional(),
        }),
      ),
    }),
  ),
});

/** A configuration file with this key manager alone. @param keyManager as it is written */
export function configurationWith(keyManager: {
  readonly name: string;
  readonly [field: string]: unknown;
}): string {
  const file = join(configurationFolder(), 'holdfast.yaml');
  const keyStores = [keyStore('a', { keyManager: keyManager.name })];
  writeFileSync(file, stringify({ ...validConfiguration(), keyManagers: [keyManager], keyStores }));
  return file;
}

/** What `holdfast doctor backend --json` says, in few words. */
export async function diagnosed(file: string, name: string) {
  return findingsIn(await holdfast({}, ...doctor(file, name)));
}

/** The same by a process of its own, which becomes the user of the backend's files. */
export async function diagnosedAsUser(file: string, name: string) {
  return findingsIn(await holdfastProcess({}, ...doctor(file, name)));
}

function doctor(file: string, name: string): readonly string[] {
  return ['doctor', 'backend', name, '--config', file, '--json'];
}

function findingsIn({ code, stdout, stderr }: CommandResult) {
  const { nodes, sound } = diagnosisSchema.parse(JSON.parse(stdout));
  return {
    code,
    sound,
    output: stdout + stderr,
    statuses: nodes.map(({ status }) => status),
    /** Of each node, what failed or was warned of. */
    wrong: nodes.map(({ findings }) =>
      findings.flatMap(({ check, outcome }) =>
        ['ok', 'skipped'].includes(outcome) ? [] : [`${check} ${outcome}`],
      ),
    ),
    /** All that is advised, but what every health finding says. */
    advice: nodes
      .flatMap(({ findings }) => findings.flatMap(({ advice = '' }) => advice))
      .join('\n'),
    details: nodes.map(({ findings }) => findings.map(({ detail }) => detail).join('\n')),
  };
}

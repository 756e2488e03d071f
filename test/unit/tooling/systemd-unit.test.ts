import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit.js';
import { repositoryFile } from '../../support/container-files.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const unit = repositoryFile('config/holdfast.service');
/** Two drop-ins that the documentation shows: devices on USB, and in PCIe. */
const dropIns = [...repositoryFile('docs/operations.md').matchAll(/```ini\n(.+?)```/gs)].map(
  ([, text = '']) => text,
);

const valuesOf = (setting: string) =>
  unit.split('\n').flatMap((line) => (line.startsWith(`${setting}=`) ? [line.split('=')[1]] : []));

describe('config/holdfast.service', () => {
  it('an end → a restart, for ever, but where the configuration is wrong', () => {
    expect(valuesOf('Restart')).toEqual(['always']);
    expect(valuesOf('StartLimitIntervalSec')).toEqual(['0']);
    expect(valuesOf('RestartPreventExitStatus')).toEqual([String(EXIT.usage)]);
  });

  it('a first start → by hand: the unit has no --init', () => {
    expect(unit).not.toContain('--init');
  });

  it('system calls → filtered', () => {
    expect(valuesOf('SystemCallFilter')).toEqual([
      '@system-service @pkey',
      '~@privileged @resources',
    ]);
  });

  const isChecked = spawnSync('systemd-analyze', ['--version']).error === undefined;
  if (!isChecked) process.stderr.write('\nSKIPPED: checks of the unit, without systemd-analyze\n');

  const variants: readonly [title: string, dropIn: string][] = [
    ['alone', ''],
    ...dropIns.map((text, n): [string, string] => [`with drop-in ${String(n + 1)}`, text]),
  ];
  it.skipIf(!isChecked && !process.env['CI']).each(variants)(
    '%s → taken by systemd without a word',
    (_title, dropIn) => {
      const folder = temporaryFolder();
      const file = join(folder, 'holdfast.service');
      // systemd wants to see the program.
      writeFileSync(file, unit.replaceAll('=/usr/local/bin/holdfast', `=${process.execPath}`));
      mkdirSync(`${file}.d`);
      writeFileSync(join(`${file}.d`, 'hsm.conf'), dropIn);

      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], {
        encoding: 'utf8',
      });
      expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
    },
  );

  it('the documentation → has two drop-ins', () => {
    expect(dropIns).toHaveLength(2);
  });
});

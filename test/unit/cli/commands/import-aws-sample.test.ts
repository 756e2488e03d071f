import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { SECRET_ACCESS_KEY } from '../../../support/configuration-fixture.js';
import { sampleSettings, sampleToml } from '../../../support/sample-settings.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

describe('holdfast import aws-sample', () => {
  const command = ['import', 'aws-sample'];
  const options = ['--token-label', 'xks', '--prior-encryptions', '1000'];

  function settingsFile(changes: Readonly<Record<string, unknown>> = {}): string {
    const file = join(temporaryFolder(), 'settings.toml');
    writeFileSync(file, sampleToml(changes));
    return file;
  }

  it('settings → YAML on standard output, with references and without a secret', async () => {
    const terminal = new CapturedTerminal();
    expect(await run([...command, settingsFile(), ...options], terminal)).toBe(0);
    expect(terminal.stderr).toBe('');
    expect(terminal.stdout).not.toContain(SECRET_ACCESS_KEY);
    expect(terminal.stdout).not.toContain(sampleSettings().pkcs11.user_pin);
    expect(parse(terminal.stdout)).toMatchObject({
      keyStores: [
        { credentials: [{ secretAccessKey: '${file:secrets/ABCDEFGHIJKLMNOPQRST.secret}' }] },
      ],
    });
  });

  it('--secrets and --output → files of mode 0600, which pass config check', async () => {
    const folder = temporaryFolder();
    const output = join(folder, 'holdfast.yaml');
    const terminal = new CapturedTerminal();
    const args = [...options, '--secrets', folder, '--state-directory', folder, '--output', output];
    expect(await run([...command, settingsFile(), ...args], terminal)).toBe(0);
    expect(terminal.stdout).toBe('');
    expect(readFileSync(join(folder, 'ABCDEFGHIJKLMNOPQRST.secret'), 'utf8')).toBe(
      `${SECRET_ACCESS_KEY}\n`,
    );
    for (const name of ['hsm.pin', 'holdfast.yaml', 'ABCDEFGHIJKLMNOPQRST.secret']) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(await run(['config', 'check', output], terminal)).toBe(0);
  });

  it('--secrets to a folder that is missing → made, for its owner alone', async () => {
    const folder = join(temporaryFolder(), 'etc', 'secrets');
    const terminal = new CapturedTerminal();
    const args = [...command, settingsFile(), ...options, '--secrets', folder];
    expect(await run(args, terminal)).toBe(0);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'hsm.pin')).mode & 0o777).toBe(0o600);
  });

  it('--secrets to what is a file → exit code 1, its name, and nothing printed', async () => {
    const file = settingsFile();
    const terminal = new CapturedTerminal();
    expect(await run([...command, file, ...options, '--secrets', file], terminal)).toBe(1);
    expect(terminal.stderr).toContain(`${file} is no folder`);
    expect(terminal.stdout).toBe('');
  });

  it.each([
    ['settings that cannot be carried over', { security: { secondary_auth: 'Oso' } }, options],
    ['no token label', {}, ['--prior-encryptions', '1']],
    ['no count of encryptions', {}, ['--token-label', 'xks']],
    ['a count that is none', {}, ['--token-label', 'xks', '--prior-encryptions', 'many']],
  ])('%s → exit code 2, and nothing on standard output', async (_, changes, args) => {
    const terminal = new CapturedTerminal();
    expect(await run([...command, settingsFile(changes), ...args], terminal)).toBe(2);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr).not.toBe('');
  });

  it('no such file → exit code 1 and its name', async () => {
    const terminal = new CapturedTerminal();
    expect(await run([...command, '/none.toml', ...options], terminal)).toBe(1);
    expect(terminal.stderr).toContain('/none.toml');
  });
});

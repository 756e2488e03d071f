import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createProgram } from '../../../src/cli/program.js';
import { run } from '../../../src/cli/run.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';
import { configurationFolder, validConfiguration } from '../../support/configuration-fixture.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const REVERSED = ['--from', '2026-02-01', '--to', '2026-01-01'];

describe('usage', () => {
  const create = ['keys', 'create', 'payroll', '--key-store', 'production'];
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['keys', 'list', '--frobnicate']],
    ['a missing argument', ['keys', 'show']],
    ['a missing key store', ['keys', 'create', 'payroll']],
    ['an argument too many', ['keys', 'list', 'payroll']],
    ['an unknown usage', [...create, '--usage', 'SIGN']],
    ['a tag that is given twice', [...create, '--tag', 'a=1', '--tag', 'b=1', '--tag', 'a=2']],
    ['a tag twice in one option', [...create, '--tag', 'a=1', 'a=1']],
    ['a tag that is set and taken off', ['keys', 'update', 'k', '--tag', 'a=1', '--untag', 'a']],
    ['an id outside the alphabet', ['keys', 'show', 'pay/roll', '--socket', '/none']],
    ['an id that means a folder', ['keys', 'show', '..', '--socket', '/none']],
    ['a period that ends before it begins', ['audit', 'query', ...REVERSED]],
    ['such a period of another command', ['policy', 'simulate', 'candidate.cedar', ...REVERSED]],
    ['a group without its command', ['keys']],
    ['no command', []],
  ])('%s → exit code 2, and only standard error is written', async (_, args) => {
    const terminal = new CapturedTerminal();
    expect(await run(args, terminal)).toBe(2);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr).not.toBe('');
  });

  it.each([
    [['help'], ['--help']],
    [
      ['help', 'keys'],
      ['keys', '--help'],
    ],
    [
      ['help', 'serve'],
      ['serve', '--help'],
    ],
    [
      ['help', 'keys', 'create'],
      ['keys', 'create', '--help'],
    ],
    [
      ['keys', 'help', 'create'],
      ['keys', 'create', '--help'],
    ],
    [
      ['keys', 'help'],
      ['keys', '--help'],
    ],
    [
      ['help', 'audit', 'verify'],
      ['audit', 'verify', '--help'],
    ],
    [['version'], ['--version']],
  ])('%j → exit code 0 and the same as %j', async (words, options) => {
    const [first, second] = [new CapturedTerminal(), new CapturedTerminal()];
    expect(await run(words, first)).toBe(0);
    await run(options, second);
    expect(first.stdout).toBe(second.stdout);
    expect(first.stderr).toBe('');
  });

  it.each([[['--help']], [['keys', 'create', '--help']], [['--version']]])(
    '%j → exit code 0 and standard output',
    async (args) => {
      const terminal = new CapturedTerminal();
      expect(await run(args, terminal)).toBe(0);
      expect(terminal.stdout).not.toBe('');
      expect(terminal.stderr).toBe('');
    },
  );
});

describe('a command that there is not', () => {
  it.each([
    [
      ['keys', 'forget'],
      "unknown command 'forget'",
      'of holdfast keys are: create, enable, disable',
      '',
    ],
    [['keys', 'forget', '--now', 'x'], "unknown command 'forget'", 'create, enable', ''],
    [['keys', 'creat', 'x'], "unknown command 'creat'", 'create, enable', 'mean create?'],
    [['help', 'keys', 'forget'], "unknown command 'forget'", 'create, enable', ''],
    [['keys', 'help', 'lst'], "unknown command 'lst'", 'create, enable', 'mean list?'],
    [['kyes', 'list'], "unknown command 'kyes'", 'of holdfast are: serve, status', 'mean keys?'],
    [['help', 'serve', 'now'], "holdfast serve has no command 'now'", '', ''],
  ])('%j → said so, with those that there are, and what is near alone', async (args, ...said) => {
    const terminal = new CapturedTerminal();
    expect(await run(args, terminal)).toBe(2);
    for (const text of said) expect(terminal.stderr).toContain(text);
    if (said[2] === '') expect(terminal.stderr).not.toContain('Did you mean');
    expect(terminal.stdout).toBe('');
  });
});

describe('a command of the audit log', () => {
  it.each([['public-key'], ['query'], ['report --from 2026-01-01 --to 2026-01-02']])(
    '%s without --log → that of --config, as serve would use it',
    async (command) => {
      const folder = configurationFolder();
      const file = join(folder, 'holdfast.yaml');
      writeFileSync(file, stringify(validConfiguration(), { aliasDuplicateObjects: false }));
      const terminal = new CapturedTerminal();
      await run(['audit', ...command.split(' '), '--config', file], terminal);
      expect(terminal.stderr + terminal.stdout).toContain(join(folder, 'audit'));
    },
  );

  it('every one that reads a log → has --config', () => {
    const audit = createProgram(new CapturedTerminal()).commands.find(
      (command) => command.name() === 'audit',
    );
    const reading = audit?.commands.filter(({ options }) =>
      options.some(({ long }) => long === '--log'),
    );
    expect(reading?.length).toBeGreaterThan(4);
    for (const { options } of reading ?? []) {
      expect(options.map(({ long }) => long)).toContain('--config');
    }
  });

  it.each([['public-key'], ['query']])(
    '%s with a configuration without one → exit code 2, and what it needs',
    async (command) => {
      const terminal = new CapturedTerminal();
      expect(await run(['audit', command, '--config', '/none.yaml'], terminal)).toBe(2);
      for (const text of ['/none.yaml', '--config', 'HOLDFAST_CONFIG', '--log']) {
        expect(terminal.stderr).toContain(text);
      }
    },
  );
});

describe('texts of others', () => {
  it.each([
    ['a failure', ['config', 'check', '/none\u001b[2J\u009b1m.yaml']],
    ['a wrong command line', ['frobnicate\u001b[2J\u009b1m']],
  ])('%s that quotes an escape sequence → spelled on standard error', async (_, args) => {
    const terminal = new CapturedTerminal();
    await run(args, terminal);
    expect(terminal.stderr).toContain('\\u001b[2J\\u009b1m');
    expect(terminal.stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('no server', () => {
  it.each([
    [['keys', 'list']],
    [['keys', 'show', 'payroll']],
    [['keys', 'create', 'payroll', '--key-store', 'production']],
    [['key-stores', 'list']],
    [['key-stores', 'export', 'production']],
  ])('%j → exit code 3, and the socket and how to start are named', async (args) => {
    const socket = join(temporaryFolder(), 'admin.sock');
    const terminal = new CapturedTerminal();
    expect(await run([...args, '--socket', socket], terminal)).toBe(3);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr).toContain(socket);
    expect(terminal.stderr).toContain('holdfast serve');
  });
});

describe('credentials generate', () => {
  it('--json → a credential that KMS takes, another one each time', async () => {
    const [first, second] = [new CapturedTerminal(), new CapturedTerminal()];
    expect(await run(['credentials', 'generate', '--json'], first)).toBe(0);
    expect(await run(['credentials', 'generate', '--json'], second)).toBe(0);
    expect(JSON.parse(first.stdout)).toEqual({
      accessKeyId: expect.stringMatching(/^[A-Z2-7]{20,30}$/) as string,
      secretAccessKey: expect.stringMatching(/^[A-Za-z0-9/+=]{43,64}$/) as string,
    });
    expect(first.stdout).not.toBe(second.stdout);
  });

  it('for people → id, secret and lines for the configuration that do not hold the secret', async () => {
    const terminal = new CapturedTerminal();
    await run(['credentials', 'generate'], terminal);
    const secret = /Secret access key: +(\S+)/.exec(terminal.stdout)?.[1];
    expect(secret).toMatch(/^[A-Za-z0-9/+=]{43,64}$/);
    expect(terminal.stdout.split(secret ?? '')).toHaveLength(2);
    expect(terminal.stdout).toMatch(
      /secretAccessKey: "\$\{file:\/etc\/holdfast\/secrets\/[A-Z2-7]+\.secret\}"/,
    );
  });

  it('--output → the secret in a new file of mode 0600, and not on the terminal', async () => {
    const folder = temporaryFolder();
    const terminal = new CapturedTerminal();
    expect(await run(['credentials', 'generate', '--output', folder, '--json'], terminal)).toBe(0);
    const { accessKeyId, secretFile } = JSON.parse(terminal.stdout) as Record<string, string>;
    expect(secretFile).toBe(join(folder, `${accessKeyId ?? ''}.secret`));
    expect(statSync(secretFile ?? '').mode & 0o777).toBe(0o600);
    const secret = readFileSync(secretFile ?? '', 'utf8');
    expect(secret).toMatch(/^[A-Za-z0-9/+=]{43,64}\n$/);
    expect(terminal.stdout).not.toContain(secret.trim());
  });

  it('--output to a folder that is missing → made, for its owner alone', async () => {
    const folder = join(temporaryFolder(), 'etc', 'secrets');
    const terminal = new CapturedTerminal();
    expect(await run(['credentials', 'generate', '--output', folder], terminal)).toBe(0);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('--output to a folder that cannot be made → exit code 1 and its name', async () => {
    const terminal = new CapturedTerminal();
    expect(await run(['credentials', 'generate', '--output', '/dev/null/x'], terminal)).toBe(1);
    expect(terminal.stderr).toContain('/dev/null/x');
    expect(terminal.stdout).toBe('');
  });
});

describe('config check', () => {
  /** @returns the path of a file that says this, with its secrets beside it */
  function written(configuration: object): string {
    const file = join(configurationFolder(), 'holdfast.yaml');
    writeFileSync(file, stringify(configuration, { aliasDuplicateObjects: false }));
    return file;
  }

  it('a right configuration → ok and exit code 0', async () => {
    const terminal = new CapturedTerminal();
    const file = written(validConfiguration());
    expect(await run(['config', 'check', file], terminal)).toBe(0);
    expect(terminal.stdout).toBe(`${file}: ok\n`);
  });

  it('a configuration with a doubtful field → a warning with its path, ok and exit code 0', async () => {
    const terminal = new CapturedTerminal();
    const unused = { ...validConfiguration().keyManagers[0], name: 'unused', directory: 'other' };
    const file = written({
      ...validConfiguration(),
      keyManagers: [...validConfiguration().keyManagers, unused],
    });
    expect(await run(['config', 'check', file], terminal)).toBe(0);
    expect(terminal.stderr).toMatch(/^warning: keyManagers\[1\]\.name: /m);
    expect(terminal.stdout).toBe(`${file}: ok\n`);
  });

  it('several mistakes → each once with its path, and exit code 1', async () => {
    const terminal = new CapturedTerminal();
    const file = written({ ...validConfiguration(), deadlineMs: 'soon', keyStores: [] });
    expect(await run(['config', 'check', file], terminal)).toBe(1);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr.split('deadlineMs')).toHaveLength(2);
    expect(terminal.stderr.split('keyStores')).toHaveLength(2);
  });

  it('no such file → exit code 1 and its name', async () => {
    const terminal = new CapturedTerminal();
    expect(await run(['config', 'check', '/none.yaml'], terminal)).toBe(1);
    expect(terminal.stderr).toContain('/none.yaml');
  });
});

describe('a failure with --json', () => {
  const failing = async (...args: readonly string[]) => {
    const terminal = new CapturedTerminal();
    const code = await run(args, terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  };

  it('no result is there → JSON on standard output, and the sentence on standard error', async () => {
    const { code, stdout, stderr } = await failing('reload', '--json', '--socket', '/none/socket');
    expect(code).toBe(3);
    const message = expect.stringContaining('No server answers on /none/socket') as string;
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'no-server', message } });
    expect(stderr).toMatch(/^holdfast: No server answers/);
  });

  it('a result is there → that alone', async () => {
    const file = join(configurationFolder(), 'a.cedar');
    writeFileSync(file, 'permit(');
    const { code, stdout } = await failing('policy', 'check', '--json', file);
    expect(code).toBe(1);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['policies', 'problems', 'advice']);
  });

  it('without --json → nothing on standard output', async () => {
    expect(await failing('reload', '--socket', '/none/socket')).toMatchObject({
      code: 3,
      stdout: '',
    });
  });
});

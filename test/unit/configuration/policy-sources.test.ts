import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { PolicyFileReader } from '../../../src/authorization/policy-files.js';
import {
  readConfiguration,
  resolveConfiguration,
} from '../../../src/configuration/configuration-file.js';
import { checkPolicySources } from '../../../src/configuration/policy-sources.js';
import { ConfigurationError, formatPath } from '../../../src/configuration/reading/problem.js';
import { systemClock } from '../../../src/shared/clock.js';
import { configurationFolder, withStore } from '../../support/configuration-fixture.js';

const PERMIT = 'permit(principal, action, resource);\n';

/** A configuration whose key store has these policies, and files of policies beside it. */
function sourceWith(policies: object, files: Readonly<Record<string, string>>) {
  const folder = configurationFolder();
  mkdirSync(join(folder, 'policies'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(file, stringify(withStore({ policies }), { aliasDuplicateObjects: false }));
  return { folder, source: readConfiguration(file, {}) };
}

function resolved(policies: object, files: Readonly<Record<string, string>> = {}) {
  const { folder, source } = sourceWith(policies, files);
  return { folder, loaded: resolveConfiguration(source, {}, systemClock) };
}

function refusalOf(policies: object, files: Readonly<Record<string, string>> = {}) {
  try {
    resolved(policies, files);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ path, found }) => `${formatPath(path)}: ${found}`);
  }
  throw new Error('the configuration was taken');
}

describe('the files of policies of a configuration', () => {
  it('a folder → its files that end in .cedar, in the order of names', () => {
    const files = { 'policies/b.cedar': PERMIT, 'policies/a.cedar': PERMIT, 'policies/x.md': 'no' };
    const { loaded } = resolved({ directory: 'policies' }, files);
    expect(loaded.policies.map(({ source }) => source.files.map(({ name }) => name))).toEqual([
      ['a.cedar', 'b.cedar'],
    ]);
  });

  it('a candidate and policies of keys → read as well', () => {
    const keys = [{ externalKeyId: 'a-1', files: ['k.cedar'] }];
    const shadow = { files: ['c.cedar'], keys };
    const { loaded } = resolved(
      { files: ['s.cedar'], keys, timeZone: 'Europe/Berlin', shadow },
      { 's.cedar': PERMIT, 'k.cedar': PERMIT, 'c.cedar': PERMIT },
    );
    expect(loaded.policies).toMatchObject([
      { path: ['keyStores', 0, 'policies'], shadow: undefined },
      { path: ['keyStores', 0, 'policies', 'shadow'], shadow: { cpuPercent: 2 } },
    ]);
    expect(loaded.policies[0]?.source).toMatchObject({
      timeZone: 'Europe/Berlin',
      keyStore: 'store-a',
    });
  });

  it('a folder or a file that every user can change → warned of, with what to do', () => {
    const { folder, source } = sourceWith(
      { directory: 'policies', keys: [{ externalKeyId: 'a-1', files: ['k.cedar'] }] },
      { 'policies/a.cedar': PERMIT, 'k.cedar': PERMIT },
    );
    const warnings = () =>
      resolveConfiguration({ ...source, policyFiles: new PolicyFileReader() }, {}, systemClock)
        .warnings.map(({ path, message }) => `${formatPath(path)}: ${message}`)
        .filter((warning) => warning.includes('.policies'));
    expect(warnings()).toEqual([]);
    const [all, file] = [join(folder, 'policies'), join(folder, 'k.cedar')];
    chmodSync(all, 0o777);
    chmodSync(file, 0o646);
    expect(warnings()).toEqual([
      `keyStores[0].policies.directory: every user can change ${all} (mode 0777); run: chmod o-w '${all}'`,
      `keyStores[0].policies.keys[0].files[0]: every user can change ${file} (mode 0646); run: chmod o-w '${file}'`,
    ]);
  });

  it('policies of a key that is not exposed → warned of: they never count', () => {
    const keys = ['a-1', 'b-1'].map((externalKeyId) => ({ externalKeyId, files: ['k.cedar'] }));
    const { loaded } = resolved({ files: ['k.cedar'], keys }, { 'k.cedar': PERMIT });
    const warnings = loaded.warnings.map(({ path, message }) => `${formatPath(path)}: ${message}`);
    expect(warnings).toContain(
      'keyStores[0].policies.keys[1].externalKeyId: the key store store-a does not expose b-1, whose policies never count',
    );
    expect(warnings.filter((warning) => warning.includes('keys[0]'))).toEqual([]);
  });

  it.each([
    ['a folder that is not there', { directory: 'nowhere' }, /directory: .*ENOENT/],
    ['a folder without policies', { directory: 'policies' }, /directory: .*0 files/],
    ['a file that is not there', { files: ['no.cedar'] }, /files\[0\]: .*does not exist/],
    ['neither folder nor files', {}, /^keyStores\[0\]\.policies: /],
    [
      'a folder and files',
      { directory: 'policies', files: ['s.cedar'] },
      /^keyStores\[0\]\.policies: /,
    ],
    [
      'keys without policies of the key store',
      { keys: [{ externalKeyId: 'k', files: ['s.cedar'] }] },
      /^keyStores\[0\]\.policies: /,
    ],
    ['an unknown time zone', { files: ['s.cedar'], timeZone: 'Europe/Atlantis' }, /timeZone/],
    [
      'two files of one name',
      { files: ['s.cedar', 'policies/../s.cedar'] },
      /files\[1\]: .*same name/,
    ],
    [
      'a key twice',
      { files: ['s.cedar'], keys: [1, 2].map(() => ({ externalKeyId: 'k', files: ['s.cedar'] })) },
      /keys\[1\]\.externalKeyId: the same as/,
    ],
  ])('is refused, with its place: %s', (_, policies, expected) => {
    const problems = refusalOf(policies, { 's.cedar': PERMIT });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('a policy that does not parse → a problem that names its file, line and column', async () => {
    const { loaded, folder } = resolved(
      { files: ['s.cedar'] },
      { 's.cedar': `${PERMIT}\npermit(` },
    );
    const { problems } = await checkPolicySources(loaded.policies);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toEqual(['keyStores', 0, 'policies']);
    expect(problems[0]?.found).toContain(`${join(folder, 's.cedar')}, line 3, column `);
  });

  it('a file that is edited meanwhile → what it said when the configuration was read', () => {
    const { folder, source } = sourceWith({ files: ['s.cedar'] }, { 's.cedar': PERMIT });
    resolveConfiguration(source, {}, systemClock);
    writeFileSync(join(folder, 's.cedar'), 'half of an edit');
    const again = resolveConfiguration(source, {}, systemClock);
    expect(again.policies[0]?.source.files[0]?.text).toBe(PERMIT);
  });
});

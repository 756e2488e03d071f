import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { configurationFolder, validConfiguration } from '../../support/configuration-fixture.js';
import { holdfastProcess } from '../../support/holdfast-command.js';

const isRoot = process.geteuid?.() === 0;
/** A user that every system has, and that is nobody who runs tests. */
const USER = 'daemon';
const UID = 1;

/** A state directory that is the user's, with a configuration that is right for it. */
function folderOf(owner: number, change: (folder: string) => void = () => undefined) {
  const folder = configurationFolder();
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(file, stringify(validConfiguration(), { aliasDuplicateObjects: false }));
  for (const name of ['audit', 'keys']) mkdirSync(join(folder, name), { mode: 0o700 });
  for (const name of ['', 'holdfast.yaml', 'master.key', 'access.secret', 'audit', 'keys']) {
    chownSync(join(folder, name), owner, owner);
  }
  change(folder);
  return { folder, file };
}

const check = (file: string, user = USER) =>
  holdfastProcess({}, 'config', 'check', file, '--as', user);

describe.runIf(isRoot)('config check --as, as root', () => {
  it("everything the user's → ok", async () => {
    const { file } = folderOf(UID);
    expect(await check(file)).toMatchObject({ code: 0, stdout: `${file}: ok\n` });
    expect(await check(file, String(UID))).toMatchObject({ code: 0 });
  });

  it('folders that are not there yet, where the user can make them → ok', async () => {
    const { folder, file } = folderOf(UID);
    const configuration = { ...validConfiguration(), stateDirectory: 'new/state' };
    const secret = { key: `\${file:${join(folder, 'master.key')}}` };
    const keyManagers = configuration.keyManagers.map((each) => ({ ...each, masterKey: secret }));
    const keyStores = configuration.keyStores.map((each) => ({
      ...each,
      credentials: each.credentials.map((credential) => ({
        ...credential,
        secretAccessKey: `\${file:${join(folder, 'access.secret')}}`,
      })),
    }));
    const audit = { ...configuration.audit, signingKey: { masterKey: secret } };
    writeFileSync(
      file,
      stringify(
        { ...configuration, audit, keyManagers, keyStores },
        { aliasDuplicateObjects: false },
      ),
    );
    expect(await check(file)).toMatchObject({ code: 0 });
    chownSync(folder, 0, 0);
    chmodSync(folder, 0o755);
    const { code, stderr } = await check(file);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${join(folder, 'new', 'state')}, which does not exist and cannot be made in ${folder}`,
    );
  });

  it.each<[string, (folder: string) => void, string]>([
    [
      'a secret that is root’s',
      (folder) => {
        chownSync(join(folder, 'master.key'), 0, 0);
      },
      'master.key, which this user may not read: mode 0600, owner 0:0',
    ],
    [
      'a configuration that is root’s',
      (folder) => {
        chownSync(join(folder, 'holdfast.yaml'), 0, 0);
        chmodSync(join(folder, 'holdfast.yaml'), 0o600);
      },
      'a file that cannot be read (EACCES)',
    ],
    [
      'a key folder of another user',
      (folder) => {
        chownSync(join(folder, 'keys'), 54_321, 54_321);
      },
      'must belong to the user that Holdfast runs as, user id 1',
    ],
    [
      'a key folder that is open to others',
      (folder) => {
        chmodSync(join(folder, 'keys'), 0o755);
      },
      'must be open to its owner alone',
    ],
    [
      'a key folder of root',
      (folder) => {
        chownSync(join(folder, 'keys'), 0, 0);
      },
      'keys has mode 0700, owner 0:0',
    ],
    [
      'an audit folder that is read-only',
      (folder) => {
        chmodSync(join(folder, 'audit'), 0o500);
      },
      'audit has mode 0500',
    ],
    [
      'a state directory that is root’s',
      (folder) => {
        chownSync(folder, 0, 0);
        chmodSync(folder, 0o755);
      },
      'stateDirectory',
    ],
  ])('%s → told with the place and what is there', async (_, change, text) => {
    const { file } = folderOf(UID, change);
    const { code, stderr } = await check(file);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });

  it('a folder above a secret that the user may not enter → that folder named', async () => {
    const { folder, file } = folderOf(UID, (at) => {
      mkdirSync(join(at, 'closed'), { mode: 0o700 });
      writeFileSync(join(at, 'closed', 'ca.pem'), '', { mode: 0o644 });
    });
    const audit = {
      ...validConfiguration().audit,
      sinks: [{ name: 's', type: 'syslog', host: 'h', tls: { ca: 'closed/ca.pem' } }],
    };
    writeFileSync(
      file,
      stringify({ ...validConfiguration(), audit }, { aliasDuplicateObjects: false }),
    );
    const { code, stderr } = await check(file);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `the folder ${join(folder, 'closed')} may not be entered (mode 0700, owner 0:0)`,
    );
  });

  it('a user that there is not → exit code 2', async () => {
    const { file } = folderOf(UID);
    expect(await check(file, 'nobody-of-this-name')).toMatchObject({ code: 2, stdout: '' });
  });
});

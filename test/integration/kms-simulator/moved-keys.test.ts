import {
  DescribeCustomKeyStoresCommand,
  DisableKeyCommand,
  UpdateAliasCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nssTokenWith, tokenKeyManager, tokenWith } from '../../support/imported-token.js';
import { KeptData, plaintextsOf } from '../../support/kms-simulator/kept-data.js';
import { nssModule } from '../../support/nss.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { makeAppRole } from '../../support/openbao-key-manager.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import {
  accessKeyIdOf,
  CREDENTIAL,
  localCertificate,
  serveKeyManagers,
} from '../../support/server-with-key-managers.js';
import { softHsmModule } from '../../support/softhsm.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MATERIAL = Buffer.from('fedcba9876543210fedcba9876543210');

/** A key store as KMS is to know it. */
function keyStore(name: string, host = 'localhost') {
  const credential = { ...CREDENTIAL, accessKeyId: accessKeyIdOf(name) };
  return { name, host, uriPath: `/${name}`, credential };
}

function fileKeyManager(directory: string, masterKey: string): object {
  return { name: 'files', type: 'file', directory, masterKey: { key: `\${file:${masterKey}}` } };
}

function newMasterKey(byte = 9): string {
  const file = join(temporaryFolder(), 'master.key');
  writeFileSync(file, Buffer.alloc(32, byte).toString('base64'), { mode: 0o600 });
  return file;
}

it('the files of a file key manager on another machine → data kept before opens, and new data', async () => {
  const certificate = await localCertificate();
  const [keys, moved] = [join(temporaryFolder(), 'keys'), join(temporaryFolder(), 'keys')];
  const masterKey = newMasterKey();
  const stores = { payroll: 'files' };
  const old = await serveKeyManagers(certificate, [fileKeyManager(keys, masterKey)], stores);
  await old.createKey('payroll-key', 'payroll');
  const data = new KeptData();
  await data.leadTo(old);
  await data.nameKey(await data.createKey(await data.register(keyStore('payroll')), 'payroll-key'));
  const kept = await data.keep('old');
  await old.stop();
  mkdirSync(moved, { mode: 0o700 });
  execFileSync('sh', [
    '-c',
    `tar -C '${keys}' --exclude=./counters --exclude='*.tmp' -cpf - . | tar -C '${moved}' -xpf -`,
  ]);

  const manager = fileKeyManager(moved, masterKey);
  await data.leadTo(
    await serveKeyManagers(certificate, [manager], stores, ['--init', 'audit,state']),
  );

  expect(await data.open(kept, 'alias')).toEqual(plaintextsOf(kept));
  const more = await data.keep('new');
  expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
});

it('from a machine whose master key is lost to another machine, by ReEncrypt → data opens without the first', async () => {
  const serve = async (host: string, name: string, byte: number) => {
    const manager = fileKeyManager(join(temporaryFolder(), 'keys'), newMasterKey(byte));
    const stores = { [name]: 'files' };
    const server = await serveKeyManagers(await localCertificate(host), [manager], stores);
    await server.createKey(`${name}-key`, name);
    return server;
  };
  const old = await serve('old.example.com', 'old', 1);
  const fresh = await serve('new.example.com', 'new', 2);
  const data = new KeptData();
  await data.leadTo(old, fresh);
  const oldStore = await data.register(keyStore('old', old.host));
  await data.nameKey(await data.createKey(oldStore, 'old-key'));
  const kept = await data.keep('old');

  const newStore = await data.register(keyStore('new', fresh.host));
  const newKey = await data.createKey(newStore, 'new-key');
  const moved = await data.reEncrypt(kept, newKey);
  await data.client.send(
    new UpdateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: newKey }),
  );
  await old.stop();
  await data.leadTo(fresh);

  expect(await data.open(moved, 'alias')).toEqual(plaintextsOf(kept));
  // What was not moved is lost with the machine.
  await expect(data.open(kept)).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
});

describeWithModule('with tokens', softHsmModule, () => {
  it('another token with copies of the keys, by the URI path → data opens, and KMS stays connected', async () => {
    const copies = { 'payroll-key': MATERIAL };
    const [first, second] = [await tokenWith(copies), await tokenWith(copies)];
    const managers = [tokenKeyManager('first', first), tokenKeyManager('second', second)];
    const certificate = await localCertificate();
    const both = await serveKeyManagers(certificate, managers, {
      payroll: 'first',
      moved: 'second',
    });
    const data = new KeptData();
    await data.leadTo(both);
    const id = await data.register(keyStore('payroll'));
    await data.nameKey(await data.createKey(id, 'payroll-key'));
    const kept = await data.keep('old');

    const { accessKeyId: AccessKeyId, secretAccessKey } = keyStore('moved').credential;
    await data.client.send(
      new UpdateCustomKeyStoreCommand({
        CustomKeyStoreId: id,
        XksProxyUriPath: '/moved/kms/xks/v1',
        XksProxyAuthenticationCredential: { AccessKeyId, RawSecretAccessKey: secretAccessKey },
      }),
    );
    await both.stop();
    first.remove();
    await data.leadTo(await serveKeyManagers(certificate, managers.slice(1), { moved: 'second' }));

    expect(await data.open(kept, 'alias')).toEqual(plaintextsOf(kept));
    const more = await data.keep('new');
    expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
    const { CustomKeyStores } = await data.client.send(new DescribeCustomKeyStoresCommand({}));
    expect(CustomKeyStores).toMatchObject([
      { ConnectionState: 'CONNECTED', XksProxyConfiguration: { UriPath: '/moved/kms/xks/v1' } },
    ]);
  });

  it.skipIf(nssModule === undefined)(
    'a token of another vendor with copies of the keys, at the same address → data opens',
    async () => {
      const copies = { 'payroll-key': MATERIAL };
      const stores = { payroll: 'hsm' };
      const certificate = await localCertificate();
      const token = tokenKeyManager('hsm', await tokenWith(copies));
      const old = await serveKeyManagers(certificate, [token], stores);
      const data = new KeptData();
      await data.leadTo(old);
      const id = await data.register(keyStore('payroll'));
      await data.nameKey(await data.createKey(id, 'payroll-key'));
      const kept = await data.keep('old');
      await old.stop();

      const nss = tokenKeyManager('hsm', await nssTokenWith(copies));
      await data.leadTo(await serveKeyManagers(certificate, [nss], stores));

      expect(await data.open(kept, 'alias')).toEqual(plaintextsOf(kept));
      const more = await data.keep('new');
      expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
    },
  );

  it('from files to a token, by a second key store and ReEncrypt → data opens without the files', async () => {
    const token = await tokenWith({ 'new-key': MATERIAL });
    const files = fileKeyManager(join(temporaryFolder(), 'keys'), newMasterKey());
    const hsm = tokenKeyManager('hsm', token);
    const certificate = await localCertificate();
    const both = await serveKeyManagers(certificate, [files, hsm], { old: 'files', new: 'hsm' });
    await both.createKey('old-key', 'old');
    const data = new KeptData();
    await data.leadTo(both);
    const oldKey = await data.createKey(await data.register(keyStore('old')), 'old-key');
    await data.nameKey(oldKey);
    const kept = await data.keep('old');

    const newKey = await data.createKey(await data.register(keyStore('new')), 'new-key');
    await data.client.send(
      new UpdateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: newKey }),
    );
    // Whoever names the key opens it with the new one alone, and what is not moved by its own.
    await expect(data.open(kept, 'alias')).rejects.toMatchObject({ name: 'IncorrectKeyException' });
    expect(await data.open(kept)).toEqual(plaintextsOf(kept));
    const moved = await data.reEncrypt(kept, newKey);
    await data.client.send(new DisableKeyCommand({ KeyId: oldKey }));
    await both.stop();
    await data.leadTo(await serveKeyManagers(certificate, [hsm], { new: 'hsm' }));

    expect(await data.open(moved, 'alias')).toEqual(plaintextsOf(kept));
    const more = await data.keep('new');
    expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
  });
});

describeWithOpenbao('with OpenBao', (program) => {
  async function ready(): Promise<OpenbaoServer> {
    const server = await OpenbaoServer.startReady(program);
    onTestFinished(() => server.dispose());
    await server.must('POST', 'transit/keys/holdfast-health-test', { type: 'aes256-gcm96' });
    return server;
  }

  async function vaultKeyManager(server: OpenbaoServer, fields: object = {}): Promise<object> {
    return {
      name: 'bao',
      type: 'vault',
      nodes: [{ name: 'bao', address: server.address }],
      tls: { roots: [server.caPath] },
      login: await makeAppRole(server),
      ...fields,
    };
  }

  /** Where data is kept, and the way to copy its Transit key to another cluster. */
  async function movedBy(
    copy: (old: OpenbaoServer, other: OpenbaoServer) => Promise<object>,
  ): Promise<void> {
    const [old, other] = [await ready(), await ready()];
    const exportable = { exportable: true, allow_plaintext_backup: true };
    await old.must('POST', 'transit/keys/payroll-key', { type: 'aes256-gcm96', ...exportable });
    const certificate = await localCertificate();
    const stores = { payroll: 'bao' };
    const first = await serveKeyManagers(certificate, [await vaultKeyManager(old)], stores);
    const data = new KeptData();
    await data.leadTo(first);
    const id = await data.register(keyStore('payroll'));
    await data.nameKey(await data.createKey(id, 'payroll-key'));
    const kept = await data.keep('old');
    await first.stop();

    const fields = await copy(old, other);
    await old.dispose();
    const manager = await vaultKeyManager(other, fields);
    await data.leadTo(await serveKeyManagers(certificate, [manager], stores));

    expect(await data.open(kept, 'alias')).toEqual(plaintextsOf(kept));
    const more = await data.keep('new');
    expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
  }

  it('a Transit key in another cluster under another name, by backup and restore → data opens', () =>
    movedBy(async (old, other) => {
      const { data: backup } = (await old.must('GET', 'transit/backup/payroll-key')) as {
        readonly data: object;
      };
      await other.must('POST', 'transit/restore/moved', backup);
      return { keys: [{ externalKeyId: 'payroll-key', transitKey: 'moved' }] };
    }));

  it('a whole cluster in another one, by a raft snapshot → data opens', () =>
    movedBy(async (old, other) => {
      await other.restore(old);
      return {};
    }));
});

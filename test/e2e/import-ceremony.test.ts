import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TRANSIT_POLICY } from '../../scripts/lib/transit-policy.mjs';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { tokenKeyManager } from '../support/imported-token.js';
import { makeNssToken, nssModule } from '../support/nss.js';
import { OpenbaoServer } from '../support/openbao.js';
import { makeAppRole } from '../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../support/openbao-program.js';
import { describeWithModule } from '../support/pkcs11-suite.js';
import {
  accessKeyIdOf,
  CREDENTIAL,
  localCertificate,
  serveKeyManagers,
  type ServedKeyManagers,
} from '../support/server-with-key-managers.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { XksClient } from '../support/xks-client.js';
import { decryptBody, encryptBody } from '../support/xks-requests.js';

const PAGE = 'docs/key-import.md';
const BY_AES = 'Import by RSA_AES_KEY_WRAP_SHA_256';
/** The key store that the page names. */
const KEY_STORE = 'quickstart';

async function serve(keyManager: object): Promise<ServedKeyManagers> {
  return serveKeyManagers(await localCertificate(), [keyManager], { [KEY_STORE]: 'keys' });
}

/** Runs commands of the page as its reader does, on a server. */
function asReader({ file }: ServedKeyManagers, commands: string, folder = temporaryFolder()) {
  return runAsReader(`export HOLDFAST_CONFIG=${file}\n${commands}`, { folder, ports: [] });
}

/** What KMS would do with a key. */
function callerOf({ port, ca }: ServedKeyManagers, externalKeyId: string) {
  const client = new XksClient({
    ...{ port, ca, uriPath: `/${KEY_STORE}/kms/xks/v1` },
    credential: { ...CREDENTIAL, accessKeyId: accessKeyIdOf(KEY_STORE) },
  });
  onTestFinished(() => {
    client.close();
  });
  return {
    encrypt: async () => {
      const reply = await client.call(`keys/${externalKeyId}/encrypt`, encryptBody());
      expect(reply.status, reply.body).toBe(200);
      return { ...reply.json };
    },
    decrypt: (encrypted: Readonly<Record<string, unknown>>) =>
      client.call(`keys/${externalKeyId}/decrypt`, decryptBody(encrypted)),
  };
}

async function stateOf(server: ServedKeyManagers, externalKeyId: string) {
  const { stdout } = await server.holdfast('keys', 'show', externalKeyId, '--json');
  return JSON.parse(stdout) as { readonly state: string; readonly currentVersion?: number };
}

describeWithModule(`${PAGE} with a token of NSS`, nssModule, () => {
  it('its commands, in order → each key goes through the states that the page says', async () => {
    const token = await makeNssToken();
    onTestFinished(() => {
      token.remove();
    });
    const manager = tokenKeyManager('keys', token);
    const server = await serve({ ...manager, keyId: '{externalKeyId}:{version}' });
    const { code, output } = await asReader(server, shellCommands(PAGE));
    expect(code, output).toBe(0);
    expect(output).toMatch(/^Rotated\. Version 2 .+ payroll-import is Enabled\.$/m);
    expect(output).toMatch(/^Destroyed\. payroll-import is PendingImport\.$/m);
    const caller = callerOf(server, 'payroll-wrapped');
    const encrypted = await caller.encrypt();
    expect((await caller.decrypt(encrypted)).status).toBe(200);
  });
});

describeWithOpenbao(`${PAGE} with OpenBao`, (program) => {
  async function started() {
    const openbao = await OpenbaoServer.startReady(program);
    onTestFinished(() => openbao.dispose());
    await openbao.must('POST', 'transit/keys/holdfast-health-test', { type: 'aes256-gcm96' });
    return serve({
      name: 'keys',
      type: 'vault',
      nodes: [{ name: 'bao', address: openbao.address }],
      tls: { roots: [openbao.caPath] },
      login: await makeAppRole(openbao, 'acts', { policy: TRANSIT_POLICY }),
    });
  }

  it('its one way, then further material and a rotation → old data opens; the rest is refused in words', async () => {
    const server = await started();
    const folder = temporaryFolder();
    const commands = shellCommands(PAGE, [BY_AES]);
    const first = await asReader(server, commands, folder);
    expect(first.code, first.output).toBe(0);
    const caller = callerOf(server, 'payroll-wrapped');
    const kept = await caller.encrypt();

    const further = withoutCreation(commands)
      .replaceAll('wrapped/', 'further/')
      .replace('--output wrapped', '--output further')
      .replace(/import-token\.bin\n$/, 'import-token.bin --new-version\n');
    const rotation = 'holdfast keys rotate payroll-wrapped\n';
    const second = await asReader(server, further + rotation, temporaryFolder());
    expect(second.code, second.output).toBe(0);
    expect(await stateOf(server, 'payroll-wrapped')).toMatchObject({
      state: 'Enabled',
      currentVersion: 2,
    });
    expect((await caller.decrypt(kept)).status).toBe(200);
    expect((await caller.decrypt(await caller.encrypt())).status).toBe(200);

    await expectRefusals(server, folder);
  });

  /** What Transit cannot do, and what the sentence says. */
  async function expectRefusals(server: ServedKeyManagers, folder: string): Promise<void> {
    const parameters = (...way: readonly string[]) => [
      ...['import-parameters', 'payroll-wrapped', ...way],
      ...['--output', join(folder, way.join('-'))],
    ];
    const [algorithm, spec] = ['--wrapping-algorithm', '--wrapping-key-spec'];
    const only = 'It unwraps: RSA_AES_KEY_WRAP_SHA_256 with RSA_4096.';
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [parameters(algorithm, 'RSAES_OAEP_SHA_256', spec, 'RSA_4096'), only],
      [parameters(algorithm, 'RSA_AES_KEY_WRAP_SHA_256', spec, 'RSA_2048'), only],
      [['delete-imported-material', 'payroll-wrapped', '--yes'], 'move its alias to that'],
    ];
    for (const [args, sentence] of refusals) {
      const { code, stderr } = await server.holdfast('keys', ...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain(sentence);
    }
    const expires = withoutCreation(shellCommands(PAGE, [BY_AES]))
      .replaceAll('wrapped/', 'ending/')
      .replace('--output wrapped', '--output ending')
      .replace(/import-token\.bin\n$/, '');
    const token = 'import-token.bin --new-version --expires 2099-01-01\n';
    const ending = await asReader(server, expires + token, temporaryFolder());
    expect(ending.code).toBe(1);
    expect(ending.output).toContain('move its alias to that');
    expect((await stateOf(server, 'payroll-wrapped')).state).toBe('Enabled');
  }
});

function withoutCreation(commands: string): string {
  return commands.slice(commands.indexOf('holdfast keys import-parameters'));
}

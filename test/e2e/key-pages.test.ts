import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPythonPackage } from '../../scripts/lib/install-python-package.mjs';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { type HoldfastServer, startHoldfast } from '../support/holdfast-server.js';
import { wrappedByOaep } from '../support/wrapped-material.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** PyJWT and what it needs, as docs/key-lifecycle.md has them. */
const pyjwt = await installPythonPackage('pyjwt', '2.15.1', [
  ...['cryptography==50.0.2', 'cffi==2.1.1', 'pycparser==3.12'],
]).catch((error: unknown) => {
  if (process.env['CI']) throw error;
  process.stderr.write(`\nSKIPPED: the commands of docs/key-lifecycle.md: ${String(error)}\n`);
  return undefined;
});
let server: HoldfastServer;

beforeAll(async () => {
  server = await startHoldfast();
});

afterAll(async () => {
  await server.stop();
});

describe('docs/key-import.md', () => {
  it('its commands, in order → each key goes through the states that the page says', async () => {
    const commands = shellCommands('docs/key-import.md');
    const asReader = `export HOLDFAST_CONFIG=${join(server.stateDirectory, 'holdfast.yaml')}\n`;
    const folder = temporaryFolder();
    const { code, output } = await runAsReader(asReader + commands, { folder, ports: [] });
    expect(code, output).toBe(0);
    expect(output).toMatch(/^Imported\. payroll-import is Enabled\.$/m);
    expect(output).toMatch(/^Origin: +external$/m);
    expect(output).toMatch(/^Rotated\. Version 2 encrypts now\. payroll-import is Enabled\.$/m);
    expect(output).toMatch(/^Destroyed\. payroll-import is PendingImport\.$/m);
    const { stdout } = await server.holdfast('keys', 'show', 'payroll-wrapped');
    expect(stdout).toMatch(/^State: +Enabled$/m);
    for (const name of ['first/key-material.bin', 'second/key-material.bin']) {
      const material = readFileSync(join(folder, name));
      for (const text of [material.toString('base64'), material.toString('hex')]) {
        expect(server.log()).not.toContain(text);
      }
    }
  });
});

describe('docs/key-lifecycle.md', () => {
  it.skipIf(pyjwt === undefined)(
    'its commands after those of docs/key-import.md → aliases, and a certificate that PyJWT and OpenSSL verify',
    async () => {
      const asReader =
        `export HOLDFAST_CONFIG=${join(server.stateDirectory, 'holdfast.yaml')}\n` +
        `export PYTHONPATH=${pyjwt ?? ''}\n`;
      const commands = shellCommands('docs/key-lifecycle.md');
      const folder = temporaryFolder();
      const { code, output } = await runAsReader(asReader + commands, { folder, ports: [] });
      expect(code, output).toBe(0);
      expect(output).toContain('Signature Verified Successfully');
      expect(output).toMatch(/^The imported material of the key was destroyed/m);
      expect(output).toMatch(/^asked for by \S+ at 20\d\d-/m);
      expect(output).toMatch(/^left to destroy: master key \S{8,}/m);
      const statement = JSON.parse(readFileSync(join(folder, 'statement.json'), 'utf8')) as object;
      expect(statement).toMatchObject({ externalKeyId: 'payroll-import', materials: [{}, {}] });
      const shown = await server.holdfast('keys', 'show', 'payroll-import', '--json');
      const jws = readFileSync(join(folder, 'certificate.jws'), 'utf8').trim();
      expect(JSON.parse(shown.stdout)).toMatchObject({ certificate: jws });
    },
  );
});

describe('holdfast keys import', () => {
  const WAY = ['--wrapping-algorithm', 'RSAES_OAEP_SHA_256', '--wrapping-key-spec', 'RSA_2048'];

  it('what cannot be right → refused in words, the key stays as it is, and no file is replaced', async () => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    const origin = ['--key-store', 'quickstart', '--origin', 'external'];
    await server.holdfast('keys', 'create', 'refusing', ...origin);
    const parameters = () =>
      server.holdfast('keys', 'import-parameters', 'refusing', ...WAY, '--output', at('made'));
    expect((await parameters()).code).toBe(0);
    for (const name of ['wrapping-public-key.der', 'import-token.bin']) {
      expect(statSync(join(at('made'), name)).mode & 0o777).toBe(0o600);
    }
    const again = await parameters();
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('left as it is') });
    const token = join(at('made'), 'import-token.bin');
    const offer = (bytes: Buffer, ...more: readonly string[]) => {
      writeFileSync(at('wrapped.bin'), bytes);
      const files = ['--material', at('wrapped.bin'), '--token', token];
      return server.holdfast('keys', 'import', 'refusing', ...files, ...more);
    };
    const publicKey = readFileSync(join(at('made'), 'wrapping-public-key.der'));
    expect((await offer(Buffer.alloc(32, 1))).stderr).toContain('has 32 bytes');
    const past = await offer(
      wrappedByOaep(Buffer.alloc(32, 1), publicKey),
      '--expires',
      '2020-01-01',
    );
    expect(past.stderr).toContain('has passed');
    const short = await offer(wrappedByOaep(Buffer.alloc(31, 1), publicKey));
    expect(short.stderr).toContain('does not open to 32 bytes');
    const twice = await offer(wrappedByOaep(Buffer.alloc(32, 1), publicKey));
    expect(twice.stderr).toContain('it was spent');
    expect([past.code, short.code, twice.code]).toEqual([2, 2, 2]);
    const deletion = await server.holdfast('keys', 'delete-imported-material', 'refusing');
    expect(deletion.stderr).toContain('refusing has no imported material');
    expect(deletion.code).toBe(1);
    const { stdout } = await server.holdfast('keys', 'show', 'refusing');
    expect(stdout).toMatch(/^State: +PendingImport$/m);
    expect(stdout).not.toContain('Wrapping key');
  });
});

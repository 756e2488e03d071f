import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UnusableLogError } from '../../../src/audit/log/unusable-log.js';
import { type KnownLog, originOfLog, signingKeyOf } from '../../../src/audit/signing-key.js';
import { NotPrivateError } from '../../../src/durable/private.js';
import { SealingError } from '../../../src/sealing/errors.js';
import { Secret } from '../../../src/shared/secret.js';
import { NoteError } from '../../../src/transparency-log/signed-note.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const underMasterKey = (byte: number) => ({
  masterKey: { key: new Secret(Buffer.alloc(32, byte).toString('base64')) },
});
const newLog = (directory = temporaryFolder()): KnownLog => ({
  directory,
  origin: undefined,
  exists: false,
});

describe('a signing key under a master key', () => {
  it('is made with the log, named after host and chance, and is the same at the next start', async () => {
    const log = newLog();
    const made = await signingKeyOf(underMasterKey(1), log);
    const again = await signingKeyOf(underMasterKey(1), { ...log, exists: true });
    expect(again.verifierKey).toEqual(made.verifierKey);
    expect(made.verifierKey.name).toMatch(/\/holdfast-audit-[0-9a-f]{8}$/);
    const other = await signingKeyOf(underMasterKey(1), newLog());
    expect(other.verifierKey.name).not.toBe(made.verifierKey.name);
  });

  it('has the configured name', async () => {
    const log = { ...newLog(), origin: 'log.example/a' };
    expect((await signingKeyOf(underMasterKey(1), log)).verifierKey.name).toBe('log.example/a');
  });

  it('does not open under another master key, and its file has no private key', async () => {
    const log = newLog();
    const { privateKey } = await signingKeyOf(underMasterKey(1), log);
    const refusal = signingKeyOf(underMasterKey(2), log);
    await expect(refusal).rejects.toThrow(SealingError);
    await expect(refusal).rejects.toThrow(
      /signing-key\.json.*the id [0-9a-f]{16}.*the id [0-9a-f]{16}/,
    );
    const { d = 'none' } = privateKey.export({ format: 'jwk' });
    const file = readFileSync(join(log.directory, 'signing-key.json'), 'latin1');
    expect(file).not.toContain(Buffer.from(d, 'base64url').toString('base64'));
  });

  it.each<[string, (log: KnownLog) => KnownLog, new (message: string) => Error]>([
    ['gone, while the log is there', () => ({ ...newLog(), exists: true }), UnusableLogError],
    ['of another log', (log) => ({ ...log, origin: 'log.example/b' }), UnusableLogError],
    [
      'damaged',
      (log) => {
        writeFileSync(join(log.directory, 'signing-key.json'), '{}', { mode: 0o600 });
        return log;
      },
      UnusableLogError,
    ],
    [
      'open to others',
      (log) => {
        chmodSync(join(log.directory, 'signing-key.json'), 0o644);
        return log;
      },
      NotPrivateError,
    ],
  ])('that is %s → an error', async (_title, change, error) => {
    const log = newLog();
    await signingKeyOf(underMasterKey(1), log);
    await expect(signingKeyOf(underMasterKey(1), change(log))).rejects.toThrow(error);
  });
});

describe('a signing key of the configuration', () => {
  const pem = (type: 'ed25519' | 'x25519'): Secret => {
    const { privateKey } =
      type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
    return new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  };

  it('signs, and nothing is written', async () => {
    const log = { ...newLog(), origin: 'log.example/a' };
    const signer = await signingKeyOf({ privateKey: pem('ed25519') }, log);
    expect(signer.verifierKey.name).toBe('log.example/a');
    await expect(signingKeyOf(underMasterKey(1), { ...log, exists: true })).rejects.toThrow(
      UnusableLogError,
    );
  });

  it('of another kind, or none at all → an error without a word of it', async () => {
    await expect(signingKeyOf({ privateKey: pem('x25519') }, newLog())).rejects.toThrow(NoteError);
    const broken = new Secret('-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----');
    const refusal = signingKeyOf({ privateKey: broken }, newLog());
    await expect(refusal).rejects.toThrow(UnusableLogError);
    await expect(refusal).rejects.not.toThrow('QUJD');
  });
});

describe('a log that follows a lost one', () => {
  it('the lost one’s key is still in the folder → set aside, and a new one with a name of its own', async () => {
    const log = newLog();
    const lost = await signingKeyOf(underMasterKey(1), log);
    const made = await signingKeyOf(underMasterKey(1), { ...log, followsLostLog: true });
    expect(made.verifierKey.name).not.toBe(lost.verifierKey.name);
    expect(readdirSync(log.directory).sort()).toEqual([
      'signing-key.json',
      expect.stringMatching(/^signing-key\.json\.of-lost-log-[0-9a-f]{8}$/),
    ]);
  });

  it('a configured name → is what its name begins with, also at the next start', () => {
    const begun = originOfLog('log.example/a', { begun: undefined, followsLostLog: true });
    expect(begun).toMatch(/^log\.example\/a\/[0-9a-f]{8}$/);
    expect(originOfLog('log.example/a', { begun, followsLostLog: false })).toBe(begun);
    expect(originOfLog('log.example/b', { begun, followsLostLog: false })).toBe('log.example/b');
  });

  it.each([undefined, 'log.example/a'])('a log that is there, name %s → keeps it', (configured) => {
    const log = { begun: 'log.example/a', followsLostLog: true };
    expect(originOfLog(configured, log)).toBe('log.example/a');
  });
});

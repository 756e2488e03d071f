import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { canaries } from '../../support/canaries.js';
import { captureLog } from '../../support/log-lines.js';
import { scanLogs } from '../../support/log-scan.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const { keyMaterial, masterKey, passphrase, plaintext, secretAccessKey } = canaries;

describe('scanLogs', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  const planted: [title: string, canary: keyof typeof canaries, text: string | Buffer][] = [
    ['raw bytes', 'plaintext', Buffer.concat([Buffer.from('got '), plaintext])],
    ['text', 'secretAccessKey', JSON.stringify({ message: `bad secret ${secretAccessKey}` })],
    ['a passphrase in a stack', 'passphrase', `Error: ${passphrase}\n    at derive`],
    ['hex', 'keyMaterial', keyMaterial.toString('hex')],
    ['hex in capitals', 'keyMaterial', keyMaterial.toString('hex').toUpperCase()],
    ['base64', 'masterKey', masterKey.toString('base64')],
    ['base64url', 'masterKey', masterKey.toString('base64url')],
    ['base64 1 byte into another value', 'plaintext', insideAnother(1, plaintext, 'base64')],
    ['base64 2 bytes into another value', 'plaintext', insideAnother(2, plaintext, 'base64')],
    ['base64url 2 bytes into another', 'masterKey', insideAnother(2, masterKey, 'base64url')],
    ['a buffer as JSON', 'keyMaterial', JSON.stringify({ key: keyMaterial })],
    ['a buffer as util.inspect shows it', 'keyMaterial', `key: ${inspect(keyMaterial)}`],
    ['a value cut short', 'plaintext', plaintext.toString('base64').slice(0, 32)],
  ];

  it.each(planted)('finds %s', (_title, canary, text) => {
    const content = Buffer.concat([Buffer.from('first line\n'), Buffer.from(text)]);
    mkdirSync(join(folder, 'deeper'));
    writeFileSync(join(folder, 'deeper', 'server.log'), content);

    const { leaks } = scanLogs(folder);

    expect(leaks.map((leak) => leak.canary)).toContain(canary);
    expect(leaks.every((leak) => leak.line === 2)).toBe(true);
  });

  it.each(Object.entries(canaries))(
    'finds the %s that a captured logger was given',
    (name, canary) => {
      vi.stubEnv('HOLDFAST_TEST_LOG_DIR', folder);

      captureLog().logger.info({ found: canary }, 'a request');

      expect(scanLogs(folder).leaks).toMatchObject([{ canary: name, line: 1 }]);
    },
  );

  it('reports no leak in a log without secrets', () => {
    writeFileSync(join(folder, 'server.log'), '{"operation":"Encrypt","result":"ok"}\n');

    expect(scanLogs(folder)).toEqual({ files: 1, leaks: [] });
  });

  it('counts no file in a folder that is empty, missing, or has only empty logs', () => {
    writeFileSync(join(folder, 'empty.log'), '');

    expect(scanLogs(folder).files).toBe(0);
    expect(scanLogs(join(folder, 'missing')).files).toBe(0);
  });
});

function insideAnother(offset: number, part: Buffer, encoding: 'base64' | 'base64url'): string {
  return Buffer.concat([Buffer.alloc(offset, 7), part, Buffer.alloc(4)]).toString(encoding);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAdminSocket } from '../../../src/cli/socket-path.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** @returns the path of a configuration file with this text, and its folder */
function configuration(text: string): { file: string; folder: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(file, text);
  return { file, folder };
}

describe('findAdminSocket', () => {
  it.each([
    ['nothing about it', 'stateDirectory: state', 'state/admin.sock'],
    ['a relative socket', 'stateDirectory: state\nadmin: {socket: run/a.sock}', 'state/run/a.sock'],
    [
      'secrets that cannot be looked up',
      'stateDirectory: .\nkeyStores: [{credentials: [{secretAccessKey: "${file:/none}"}]}]',
      'admin.sock',
    ],
    ['mistakes elsewhere', 'stateDirectory: .\nlisteners: 7\nunknown: true', 'admin.sock'],
  ])('a configuration with %s → a path below its state directory', (_, text, expected) => {
    const { file, folder } = configuration(text);
    expect(findAdminSocket({ HOLDFAST_CONFIG: file })).toBe(join(folder, expected));
  });

  it('an absolute socket → that socket', () => {
    const { file } = configuration('stateDirectory: .\nadmin: {socket: /run/holdfast/a.sock}');
    expect(findAdminSocket({ HOLDFAST_CONFIG: file })).toBe('/run/holdfast/a.sock');
  });

  it('a socket that is a reference → what it stands for', () => {
    const { file, folder } = configuration('stateDirectory: .\nadmin: {socket: "${env:SOCKET}"}');
    const env = { HOLDFAST_CONFIG: file, SOCKET: 'b.sock' };
    expect(findAdminSocket(env)).toBe(join(folder, 'b.sock'));
  });

  it('HOLDFAST_STATE_DIR → a path below it', () => {
    const { file } = configuration('stateDirectory: state');
    const env = { HOLDFAST_CONFIG: file, HOLDFAST_STATE_DIR: '/elsewhere' };
    expect(findAdminSocket(env)).toBe('/elsewhere/admin.sock');
  });

  it('neither variable → the quickstart of this package', () => {
    expect(findAdminSocket({})).toBe(join(process.cwd(), 'var', 'admin.sock'));
  });

  it.each([
    ['no YAML', 'a: ['],
    ['no state directory', 'admin: {socket: a.sock}'],
    ['a socket that is no text', 'stateDirectory: .\nadmin: {socket: 7}'],
    ['a reference to nothing', 'stateDirectory: .\nadmin: {socket: "${env:NONE}"}'],
  ])('a configuration with %s → usage error', (_, text) => {
    const { file } = configuration(text);
    expect(() => findAdminSocket({ HOLDFAST_CONFIG: file })).toThrow(
      expect.objectContaining({ name: 'CliError', exitCode: 2 }) as Error,
    );
  });

  it('a configuration that cannot be read → usage error', () => {
    expect(() => findAdminSocket({ HOLDFAST_CONFIG: '/none.yaml' })).toThrow(
      expect.objectContaining({ name: 'CliError', exitCode: 2 }) as Error,
    );
  });
});

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createModuleKeyManager,
  type ModuleKeyManager,
} from '../../../../src/key-managers/module/index.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Secret } from '../../../../src/shared/secret.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const NODE = `{
  name: 'one', location: 'here', vendor: 'V', model: 'M', inProcess: true,
  describeKey() {}, encrypt() {}, decrypt() {}, checkHealth() {}, close() {},
}`;

/** Starts a module with this source. */
function start(source: string): Promise<ModuleKeyManager> {
  const module = join(temporaryFolder(), 'module.mjs');
  writeFileSync(module, source);
  return startFile(module);
}

function startFile(module: string): Promise<ModuleKeyManager> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return createModuleKeyManager(
    {
      name: 'mine',
      type: 'module',
      module,
      options: { speed: 1 },
      secrets: { pin: new Secret('1') },
    },
    { clock: systemClock, randomBytes, log },
  );
}

function making(keyManager: string): string {
  return `export async function createKeyManager(options, ports) { return ${keyManager}; }`;
}

describe('a module that cannot be used', () => {
  it.each([
    ['no such export', 'export default 1', 'exports no function that is called createKeyManager'],
    ['another kind of export', 'export const createKeyManager = 1', 'exports no function'],
    ['nothing made', making('undefined'), 'it needs an object of nodes and administration'],
    ['no nodes', making('{ nodes: [], administration: {} }'), 'nodes: at least one node'],
    ['no administration', making(`{ nodes: [${NODE}] }`), 'administration: an object'],
    [
      'a node without methods',
      making('{ nodes: [{ name: "x" }], administration: {} }'),
      'nodes[0].encrypt: a function; nodes[0].decrypt: a function',
    ],
    [
      'two nodes of one name',
      making(`{ nodes: [${NODE}, ${NODE}], administration: {} }`),
      'nodes: nodes with a name of their own each',
    ],
    [
      'a capability that is no method',
      making(`{ nodes: [${NODE}], administration: { createKey: true } }`),
      'administration.createKey: a function',
    ],
    [
      'an act that is no method',
      making(`{ nodes: [${NODE}], administration: { rotateKey: 1, destroyKey: {} } }`),
      'administration.rotateKey: a function; administration.destroyKey: a function',
    ],
    [
      'an import in a way that does not exist',
      making(`{ nodes: [${NODE}], administration: { materialImport: {
        ways: [{ wrappingAlgorithm: 'RSAES_OAEP_SHA_1', wrappingKeySpec: 'RSA_2048' }],
        createWrappingKey() {}, importKeyMaterial() {}, destroyWrappingKey() {} } } }`),
      'wrappingAlgorithm: one of RSAES_OAEP_SHA_256, RSA_AES_KEY_WRAP_SHA_256',
    ],
    ['a failure in it', 'export function createKeyManager() { throw Error("x") }', 'failed'],
    ['a failure while it is loaded', 'throw new Error("x")', 'cannot be loaded'],
  ])('%s → misconfigured, and what it is', async (_, source, message) => {
    await expect(start(source)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(message) as string,
    });
  });

  it('no such file → misconfigured, with its name and the cause', async () => {
    const starting = startFile('/none/such.mjs');
    await expect(starting).rejects.toMatchObject({
      code: 'misconfigured',
      message: '/none/such.mjs cannot be loaded',
      cause: { code: 'ERR_MODULE_NOT_FOUND' },
    });
  });

  it('its own KeyManagerError → as it is', async () => {
    const source = `export function createKeyManager(options, { KeyManagerError }) {
      throw new KeyManagerError('unreachable', 'not there');
    }`;
    await expect(start(source)).rejects.toMatchObject({
      code: 'unreachable',
      message: 'not there',
    });
  });
});

describe('what a module is handed', () => {
  it('options, name, secrets and ports', async () => {
    const { nodes } = await start(
      making(`{ administration: {}, nodes: [{ ...${NODE}, name: JSON.stringify({
        options, name: ports.name, pin: ports.secrets.pin.reveal(),
        random: ports.randomBytes(3).length, now: typeof ports.clock.now(),
      }) }] }`),
    );
    expect(JSON.parse(nodes[0]?.name ?? '')).toEqual({
      options: { speed: 1 },
      name: 'mine',
      pin: '1',
      random: 3,
      now: 'number',
    });
  });
});

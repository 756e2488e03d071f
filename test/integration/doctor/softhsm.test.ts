import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { configurationWith, diagnosed } from '../../support/diagnosed.js';
import { openToken, testPin } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';

const MATERIAL = Buffer.from('fedcba9876543210fedcba9876543210');
const OTHER_MATERIAL = Buffer.from('0123456789abcdef0123456789abcdef');

describeWithModule('holdfast doctor backend, with tokens', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeEach(async () => {
    token = await makeSoftHsmToken();
  });

  afterEach(() => {
    token.remove();
  });

  /** A configuration of these tokens, by label. */
  function configurationOf(labels: readonly string[], pin = testPin.reveal()): string {
    const { module, environment, profile } = token.config;
    const file = configurationWith({
      name: 'hsm',
      type: 'pkcs11',
      module,
      environment,
      profile,
      children: 1,
      countersDirectory: join(token.folder, 'counters'),
      nodes: labels.map((label) => ({ name: label, token: { label }, pin: '${file:pin}' })),
    });
    writeFileSync(join(dirname(file), 'pin'), `${pin}\n`, { mode: 0o600 });
    return file;
  }

  it('one token beside a server that has it open → exit code 0', async () => {
    const served = await openToken(token);
    try {
      await served.administration.createKey('payroll', new Set(['ENCRYPT', 'DECRYPT']));
      const { code, statuses, wrong, details } = await diagnosed(
        configurationOf(['holdfast']),
        'hsm',
      );
      expect({ code, statuses, wrong }).toEqual({ code: 0, statuses: ['ACTIVE'], wrong: [[]] });
      expect(details[0]).toContain('1, all of them usable');
    } finally {
      await served.node.close();
    }
  });

  it('a token that is not there → which are, and the variables of the library', async () => {
    await (await openToken(token)).node.close();
    const { code, advice, details } = await diagnosed(configurationOf(['absent']), 'hsm');
    expect(code).toBe(1);
    expect(details[0]).toContain('"holdfast"');
    expect(advice).toContain('SOFTHSM2_CONF');
    expect(advice).not.toContain('firewall');
  });

  it('a wrong PIN → the PIN, before another try', async () => {
    await (await openToken(token)).node.close();
    const { code, advice, output } = await diagnosed(
      configurationOf(['holdfast'], 'wrong-pin-canary'),
      'hsm',
    );
    expect(code).toBe(1);
    expect(advice).toContain('The PIN is wrong');
    expect(output).not.toContain('wrong-pin-canary');
  });

  it('a new token → --init', async () => {
    const { code, advice } = await diagnosed(configurationOf(['holdfast']), 'hsm');
    expect(code).toBe(1);
    expect(advice).toContain('--init');
  });

  it('a library that is not there → its path, and ldd', async () => {
    const file = configurationOf(['holdfast']);
    const text = readFileSync(file, 'utf8').replace(token.config.module, '/no/such/library.so');
    writeFileSync(file, text);
    expect((await diagnosed(file, 'hsm')).advice).toContain('ldd');
  });

  it('a token with other material, and one that is not there → each is told apart', async () => {
    await token.initialise('second');
    await token.importKey(HEALTH_TEST_KEY_ID, '1', MATERIAL, 'holdfast');
    await token.importKey(HEALTH_TEST_KEY_ID, '1', OTHER_MATERIAL, 'second');
    const file = configurationOf(['holdfast', 'second', 'third']);
    const { code, statuses, wrong, details } = await diagnosed(file, 'hsm');
    expect({ code, statuses }).toEqual({
      code: 1,
      statuses: ['ACTIVE', 'UNAVAILABLE', 'UNAVAILABLE'],
    });
    expect(wrong[0]).toEqual([]);
    expect(wrong[1]).toEqual(['other-nodes failed', 'health failed']);
    expect(wrong[2]).toContain('answer failed');
    expect(details[2]).toMatch(
      /no token with the label "third"; present: .*, one without a label$/m,
    );
    expect(existsSync(join(token.folder, 'counters'))).toBe(false);
  });

  it('a token without the test key → told, and none is made', async () => {
    const file = configurationOf(['holdfast']);
    for (const attempt of ['first', 'second']) {
      const { code, wrong } = await diagnosed(file, 'hsm');
      expect({ attempt, code, wrong }).toEqual({ attempt, code: 1, wrong: [['start failed']] });
    }
  });

  it('a PIN that is refused → UNAVAILABLE, and it is not shown', async () => {
    await token.importKey(HEALTH_TEST_KEY_ID, '1', MATERIAL, 'holdfast');
    const file = configurationOf(['holdfast'], 'wrong-canary-pin');
    const { code, wrong, output } = await diagnosed(file, 'hsm');
    expect(code).toBe(1);
    expect(wrong).toEqual([['answer failed', 'health failed']]);
    expect(output).toContain('PIN');
    expect(output).not.toContain('wrong-canary-pin');
  });
});

import { describe, expect, it } from 'vitest';
import type { LifeKeyManager } from '../../support/lives/life-key-managers.js';
import {
  fileKeysOfALife,
  moduleKeysOfALife,
  openbaoKeysOfALife,
  sealedKeysOfALife,
  tokenKeysOfALife,
} from '../../support/lives/real-key-managers.js';
import { livesTimeout, runLives } from '../../support/lives/run-lives.js';
import { makeNssToken, nssModule } from '../../support/nss.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import type { TestToken } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, softHsmModule } from '../../support/softhsm.js';

/** A few: how to live as many as wanted is in docs/benchmark.md. */
const LIVES = { lives: 1, moments: 40, shrinks: false };
const timeout = livesTimeout(LIVES);

async function expectNothingLost(begin: () => LifeKeyManager | Promise<LifeKeyManager>) {
  const { kept } = await runLives(begin, LIVES);
  // Otherwise nothing was encrypted in these lives.
  expect(kept).toBeGreaterThan(0);
}

describe('random lives of keys', () => {
  it.each([
    ['in files', fileKeysOfALife],
    ['sealed in the state', sealedKeysOfALife],
    ['of a module', moduleKeysOfALife],
  ])('%s → no ciphertext is lost, and none opens once destroyed', { timeout }, (_, begin) =>
    expectNothingLost(begin),
  );

  describeWithOpenbao('in OpenBao', (program) => {
    it('→ no ciphertext is lost, and none opens once destroyed', { timeout }, async () => {
      const server = await OpenbaoServer.startReady(program);
      try {
        await expectNothingLost(() => openbaoKeysOfALife(server));
      } finally {
        await server.dispose();
      }
    });
  });

  describeWithModule('in SoftHSM', softHsmModule, () => {
    inTokens(makeSoftHsmToken);
  });

  describeWithModule('in NSS softokn', nssModule, () => {
    inTokens(makeNssToken);
  });
});

/** The lives of keys in tokens, each in one of its own. */
function inTokens(makeToken: () => Promise<TestToken & { remove(): void }>): void {
  it('→ no ciphertext is lost, and none opens once destroyed', { timeout }, async () => {
    const tokens: Awaited<ReturnType<typeof makeToken>>[] = [];
    try {
      await expectNothingLost(async () => {
        const made = await makeToken();
        tokens.push(made);
        return tokenKeysOfALife(made);
      });
    } finally {
      for (const token of tokens) token.remove();
    }
  });
}

import type { Chapter } from '../chapter.js';
import { expect, Skipped } from '../ending.js';
import { openKeepsake } from '../stage/keepsake.js';
import { exceptionsIn, underTraffic } from '../stage/traffic.js';

const FROM_KMS = 'KMSInvalidStateException';

/** A restart of the proxy, while data is encrypted and decrypted. */
export const restartProxy: Chapter = {
  name: 'restart-proxy',
  title: 'Restart the proxy',
  async play(scene) {
    const { restart } = scene.proxy;
    if (restart === undefined) {
      throw new Skipped(
        'Not looked at: this proxy runs on its own. --restart-command COMMAND says how to restart it.',
      );
    }
    const keepsake = scene.need('keepsake');
    const sum = await underTraffic(scene, async () => {
      scene.relay.leadTo(await restart());
    });
    const others = [...sum.exceptions.keys()].filter((name) => name !== FROM_KMS);
    expect(others.length === 0, `KMS told callers ${others.join(', ')} during the restart`);
    await openKeepsake(scene.kms, keepsake);
    return [
      sum.exceptions.size === 0
        ? `${sum.passed} pairs of Encrypt and Decrypt ran meanwhile, and none failed.`
        : `${sum.passed} pairs of Encrypt and Decrypt passed; while the proxy was away, for ${sum.gapMs} ms, KMS told callers ${exceptionsIn(sum)}.`,
      'What was encrypted before the restart opens after it.',
    ];
  },
};

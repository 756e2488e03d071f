import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import type { RehearsedKeys } from '../proxy.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';
import { refusalOf } from '../stage/refusal.js';

const KEY = 'rehearsal-deleted';
const PLAINTEXT_BYTES = 64;
const WAITING_DAYS = 7;
const TOLD_WITHIN_MS = 10_000;
const POLL_MS = 250;
const ATTEMPTS = [
  'audit',
  'query',
  ...['--type', 'event', '--where', 'event=key-pending-deletion-used', '--key', KEY, '--json'],
];

const shownSchema = z.looseObject({ state: z.string() });
const attemptsSchema = z.array(
  z.looseObject({ operation: z.string(), awsPrincipalArn: z.string() }),
);

/** A key that waits for its destruction, an attempt to use it, and the way back. */
export const deleteKey: Chapter = {
  name: 'deletion',
  title: 'Schedule the deletion of an external key, and cancel it',
  async play(scene) {
    const keys = ownKeys(scene);
    scene.need('connected');
    const { keyStore, holdfast } = keys;
    await holdfast('keys', 'create', KEY, '--key-store', keyStore);
    const KeyId = await kmsKeyWith(scene, KEY);
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const Plaintext = plaintext.toString('base64');
    const encrypted = await scene.kms.call('Encrypt', { KeyId, Plaintext });
    const decrypt = { KeyId, CiphertextBlob: textIn(encrypted, 'CiphertextBlob') };
    const refused = async (state: string) =>
      refusalOf(scene.kms.call('Decrypt', decrypt), {
        names: ['KMSInvalidStateException'],
        what: `what was encrypted opened although the external key is ${state}`,
      });
    await holdfast('keys', 'schedule-deletion', KEY, '--days', String(WAITING_DAYS), '--yes');
    await expectState(keys, 'PendingDeletion');
    const refusal = await refused('PendingDeletion');
    const attempt = await toldAttempt(keys);
    expect(attempt?.operation === 'Decrypt', 'nobody was told of the attempt to use the key');
    await holdfast('keys', 'cancel-deletion', KEY);
    await expectState(keys, 'Disabled');
    await refused('Disabled');
    await holdfast('keys', 'enable', KEY);
    const decrypted = await scene.kms.call('Decrypt', decrypt);
    expect(bytesIn(decrypted, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');
    return [
      `While ${KEY} waited for its destruction, KMS told callers ${refusal.name}.`,
      `The event key-pending-deletion-used named who had asked: ${attempt.awsPrincipalArn}.`,
      'Cancelled, the key was Disabled; enabled, it opens what it had encrypted.',
      `The destruction of the key is not played: it takes at least ${WAITING_DAYS} days of running time. ` +
        'The chapter import plays one of imported material, which is at once, and its certificate.',
    ];
  },
};

/** Waits for the event in the audit log, which is written behind the answer to KMS. */
async function toldAttempt({ holdfast }: RehearsedKeys) {
  const giveUpAt = performance.now() + TOLD_WITHIN_MS;
  for (;;) {
    const [attempt] = attemptsSchema.parse(JSON.parse(await holdfast(...ATTEMPTS)));
    if (attempt !== undefined || performance.now() > giveUpAt) return attempt;
    await sleep(POLL_MS);
  }
}

async function expectState({ holdfast }: RehearsedKeys, wanted: string): Promise<void> {
  const { state } = shownSchema.parse(JSON.parse(await holdfast('keys', 'show', KEY, '--json')));
  expect(state === wanted, `${KEY} is ${state}, and not ${wanted}`);
}

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import type { RehearsedKeys } from '../proxy.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';
import { refusalOf } from '../stage/refusal.js';

const KEY = 'rehearsal-policy';
const POLICY = 'rehearsal-only-encrypt';
const PLAINTEXT_BYTES = 32;
const DENIED_BY_POLICY = [
  ...['audit', 'query', '--key', KEY, '--operation', 'Decrypt', '--json'],
  ...['--where', 'authorization.by=policy', '--where', 'authorization.decision=denied'],
];

const recordsSchema = z.array(z.looseObject({ sequence: z.number() }));
const explanationSchema = z.looseObject({
  decision: z.string(),
  policies: z.array(z.looseObject({ id: z.string() })),
});

/** Policies that are put in force while Holdfast serves, and what the audit log says of them. */
export const denyByPolicy: Chapter = {
  name: 'policy',
  title: 'Let a policy deny a caller, and have the denial explained',
  async play(scene) {
    const keys = ownKeys(scene);
    const { keyStore, holdfast, configure } = keys;
    scene.need('connected');
    await holdfast('keys', 'create', KEY, '--key-store', keyStore);
    const KeyId = await kmsKeyWith(scene, KEY);
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const Plaintext = plaintext.toString('base64');
    const encrypt = () => scene.kms.call('Encrypt', { KeyId, Plaintext });
    const CiphertextBlob = textIn(await encrypt(), 'CiphertextBlob');
    const decrypt = () => scene.kms.call('Decrypt', { KeyId, CiphertextBlob });

    const file = join(scene.folder, 'rehearsal.cedar');
    await writeFile(file, policiesAgainst(scene.simulated.principal), { mode: 0o600 });
    await configure({ policies: { files: [file] } });
    let refusal;
    try {
      await encrypt();
      refusal = await refusalOf(decrypt(), {
        names: ['KMSInvalidStateException'],
        what: 'Decrypt succeeded although a policy forbids it',
      });
    } finally {
      await configure({ policies: undefined });
    }
    expect(
      refusal.message.includes('denied access'),
      `KMS did not tell the caller that access was denied: ${refusal.message}`,
    );
    const opened = await decrypt();
    expect(bytesIn(opened, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');
    const sequence = await explainDenial(keys);
    return [
      'With a policy that lets this caller encrypt alone, Encrypt passed.',
      `Decrypt was answered with AccessDeniedException, which KMS told the caller as ${refusal.name}: “${refusal.message}”`,
      `\`holdfast policy explain --record ${sequence}\` names the policy, ${POLICY}, which the caller was not told.`,
      'The policies were put in force and taken away by `holdfast reload`, without a restart.',
    ];
  },
};

function policiesAgainst(principal: string): string {
  return [
    'permit(principal, action, resource);',
    `@id("${POLICY}")`,
    `forbid(principal == Principal::"${principal}", action == Action::"Decrypt", resource == Key::"${KEY}");`,
    '',
  ].join('\n');
}

/**
 * Asks why the caller was denied, when the policies are in force no more.
 *
 * @returns the sequence of the denial's record
 * @throws NotAsExpected
 */
async function explainDenial({ holdfast }: RehearsedKeys): Promise<number> {
  const [denial] = recordsSchema.parse(JSON.parse(await holdfast(...DENIED_BY_POLICY)));
  expect(denial !== undefined, 'the audit log has no record of the denial');
  const { sequence } = denial;
  const text = await holdfast('policy', 'explain', '--record', String(sequence), '--json');
  const { decision, policies } = explanationSchema.parse(JSON.parse(text));
  const isNamed = policies.length === 1 && policies[0]?.id === POLICY;
  expect(decision === 'denied' && isNamed, 'the explanation does not name the policy');
  return sequence;
}

import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repositoryFile } from '../../support/container-files.js';
import { runAsReader, shellCommands } from '../../support/documented-commands.js';
import { startHoldfast } from '../../support/holdfast-server.js';
import { findAwsCli2 } from '../../support/kms-simulator/aws-clients.js';
import { KeptData } from '../../support/kms-simulator/kept-data.js';
import { recordAws } from '../../support/kms-simulator/recorded-aws.js';
import { REGION } from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PAGE = 'docs/coming-from-aws-kms.md';
const PLAINTEXT = Buffer.from('a data key');
const cli = await findAwsCli2();

/** Puts an `aws` on the path that calls KMS in one place and everything else in another. */
function awsProgram(folder: string, endpoint: string): string {
  const path = join(folder, 'aws-program');
  mkdirSync(path);
  const script = [
    '#!/bin/bash',
    `case "$1" in kms) endpoint=$AWS_ENDPOINT_URL_KMS ;; *) endpoint=${endpoint} ;; esac`,
    `exec '${cli ?? ''}' "$@" --endpoint-url "$endpoint"`,
  ];
  writeFileSync(join(path, 'aws'), `${script.join('\n')}\n`);
  chmodSync(join(path, 'aws'), 0o755);
  return path;
}

/** The page's commands, about things that there are. */
function commandsFor(names: Readonly<Record<string, string>>): string {
  const inTable = /`(aws kms create-key [^`]*)`/.exec(repositoryFile(PAGE))?.[1];
  if (inTable === undefined) throw new Error('the page does not say how a KMS key is made');
  return Object.entries(names).reduce(
    (all, [from, to]) => all.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), to),
    `${inTable}\n${shellCommands(PAGE)}`,
  );
}

it.skipIf(cli === undefined)(
  `the AWS commands of ${PAGE} → KMS does what they ask, the other services understand them`,
  async () => {
    const server = await startHoldfast();
    onTestFinished(async () => {
      await server.stop();
    });
    const { credential } = server;
    const data = new KeptData();
    await data.leadTo(server);
    const store = await data.register({ name: 'page', uriPath: '/quickstart', credential });
    const oldKey = await data.createKey(store, 'quickstart-key');
    for (const id of ['payroll-new', 'payroll-later']) {
      const { code, stderr } = await server.holdfast(
        'keys',
        'create',
        id,
        '--key-store',
        'quickstart',
      );
      expect(code, stderr).toBe(0);
    }
    const newKey = await data.createKey(store, 'payroll-new');
    await data.nameKey(newKey);
    const folder = temporaryFolder();
    const encrypt = new EncryptCommand({ KeyId: oldKey, Plaintext: PLAINTEXT });
    const { CiphertextBlob = Buffer.of() } = await data.client.send(encrypt);
    writeFileSync(join(folder, 'data-key.old'), CiphertextBlob);

    const recorded = await recordAws();
    const arn = `arn:aws:kms:${REGION}:111122223333:key/${newKey}`;
    const commands = commandsFor({
      ...{ STORE: store, ID: 'payroll-later', 'NEW-KEY-ARN': arn, REGION, ZONE: `${REGION}a` },
      ...{ VOLUME: 'vol-1', SNAPSHOT: 'snap-1', COPY: 'snap-2' },
    });
    const env = Object.entries({ ...data.env, AWS_DEFAULT_REGION: REGION, AWS_PAGER: '' });
    const exports = env.map(([name, value]) => `export ${name}='${value}'\n`).join('');
    const path = [awsProgram(folder, recorded.endpoint)];
    const { code, output } = await runAsReader(exports + commands, { folder, ports: [], path });
    expect(code, output).toBe(0);
    expect(output).toContain('"XksKeyConfiguration"');

    const moved = readFileSync(join(folder, 'data-key.new'));
    const decrypt = new DecryptCommand({ CiphertextBlob: moved, KeyId: newKey });
    const { Plaintext = [] } = await data.client.send(decrypt);
    expect(Buffer.from(Plaintext)).toEqual(PLAINTEXT);
    const sse = 'x-amz-server-side-encryption';
    expect(recorded.requests).toMatchObject([
      { action: 'PUT /BUCKET?encryption', asked: { body: expect.stringContaining(arn) } },
      { action: 'GET /BUCKET?list-type=2' },
      {
        action: 'PUT /BUCKET/OBJECT',
        asked: {
          'x-amz-copy-source': 'BUCKET/OBJECT',
          [sse]: 'aws:kms',
          [`${sse}-aws-kms-key-id`]: arn,
        },
      },
      { action: 'HEAD /BUCKET/OBJECT' },
      { action: 'CreateSnapshot', asked: { VolumeId: 'vol-1' } },
      {
        action: 'CopySnapshot',
        asked: {
          SourceSnapshotId: 'snap-1',
          SourceRegion: REGION,
          Encrypted: 'true',
          KmsKeyId: arn,
        },
      },
      { action: 'CreateVolume', asked: { SnapshotId: 'snap-2', Encrypted: 'true', KmsKeyId: arn } },
      { action: 'ModifyEbsDefaultKmsKeyId', asked: { KmsKeyId: arn } },
      { action: 'AmazonSSM.GetParameter', asked: { WithDecryption: true } },
      {
        action: 'AmazonSSM.PutParameter',
        asked: { Type: 'SecureString', KeyId: arn, Overwrite: true, Value: 'the value' },
      },
    ]);
  },
);

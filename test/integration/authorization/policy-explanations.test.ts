import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyOperationRecord } from '../../../src/evidence/policies/recorded-request.js';
import { auditRecords } from '../../support/audit-records.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody, requestMetadata } from '../../support/xks-requests.js';

const APP = 'arn:aws:iam::111122223333:role/app';
const EVE = 'arn:aws:iam::111122223333:user/eve';
const BLOCKED = 'arn:aws:iam::111122223333:user/mallory';
const OLD = `@id("app") permit(principal in Principal::"${APP}", action, resource);\n`;
const NEW = `@id("eve") permit(principal == Principal::"${EVE}", action, resource);\n`;
const KEY_STORE = ['--key-store', 'quickstart'];

const stateDirectory = temporaryFolder(afterAll);
let server: HoldfastServer;
let client: XksClient;
/** Uses of the key in their order: both callers under the old set and the new; a blocked one. */
let uses: readonly KeyOperationRecord[] = [];
let unauthenticated = '';

beforeAll(async () => {
  writeFileSync(join(stateDirectory, 'store.cedar'), OLD);
  writeFileSync(join(stateDirectory, 'old.cedar'), OLD);
  const { keyStores, ...rest } = quickstartConfiguration();
  const policies = { files: ['store.cedar'] };
  const configuration = { ...rest, keyStores: keyStores.map((each) => ({ ...each, policies })) };
  server = await startHoldfast({ stateDirectory, configuration });
  client = new XksClient(server);
  const { secretAccessKey } = server.credential;
  const stranger = { accessKeyId: 'Z'.repeat(24), secretAccessKey };
  await client.call('keys/quickstart-key/encrypt', encryptBody(), { credential: stranger });
  await encryptAs(APP, EVE);
  writeFileSync(join(stateDirectory, 'store.cedar'), NEW);
  await server.holdfast('reload');
  await server.holdfast('principals', 'block', BLOCKED, '--reason', 'incident 4711');
  await encryptAs(APP, EVE, BLOCKED);
  const records = await auditRecords(join(stateDirectory, 'audit'));
  unauthenticated = `${records.find(({ type }) => type === 'unauthenticated')?.sequence ?? ''}`;
  uses = records.flatMap((record) => (record.type === 'key-operation' ? [record] : []));
});

afterAll(async () => {
  client.close();
  await server.stop();
});

async function encryptAs(...principals: readonly string[]): Promise<void> {
  for (const awsPrincipalArn of principals) {
    const body = encryptBody({ requestMetadata: requestMetadata({ awsPrincipalArn }) });
    await client.call('keys/quickstart-key/encrypt', body);
  }
}

function use(index: number): KeyOperationRecord {
  const record = uses[index];
  if (record === undefined) throw new Error(`there are ${uses.length} uses`);
  return record;
}

const explain = (...args: readonly string[]) => server.holdfast('policy', 'explain', ...args);

async function explained(index: number) {
  const { code, stdout, stderr } = await explain('--record', `${use(index).sequence}`, '--json');
  return { code, stderr, explanation: JSON.parse(stdout) as unknown };
}

function fileOf(text: string): string {
  const file = join(stateDirectory, 'request.yaml');
  writeFileSync(file, text);
  return file;
}

describe('holdfast policy explain', () => {
  it('policies that were superseded → the old record is explained by the old, the new by the new', async () => {
    const old = await explained(0);
    expect(old).toMatchObject({
      ...{ code: 0, stderr: '' },
      explanation: {
        ...{ decision: 'allowed', isKept: true, policySet: use(0).authorization?.policySet },
        policies: [{ id: 'app', text: OLD.trim() }],
      },
    });
    expect(old.explanation).not.toHaveProperty('contradiction');
    expect(await explained(2)).toMatchObject({ code: 0, explanation: { decision: 'denied' } });
    expect(await explained(3)).toMatchObject({
      explanation: { decision: 'allowed', policies: [{ id: 'eve', text: NEW.trim() }] },
    });
    expect(use(2).authorization?.policySet).not.toBe(use(0).authorization?.policySet);
  });

  it('a blocked caller → no policy was asked, and by what it was denied', async () => {
    expect(await explained(4)).toMatchObject({
      code: 0,
      explanation: {
        decision: 'denied',
        because: expect.stringMatching(/^No policy was asked: .*block/u) as string,
        policies: [],
      },
    });
  });

  it('no use of a key, and a record that is not there → said in words', async () => {
    const stranger = await explain('--record', unauthenticated);
    expect(stranger).toMatchObject({ code: 1, stdout: '' });
    expect(stranger.stderr).toContain('is of the type unauthenticated');
    const missing = await explain('--record', '999999');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('has no record 999999');
  });

  it('a request in a file → decided by the policies of the configuration as it is now', async () => {
    const file = fileOf(`request: { action: Decrypt, principal: "${APP}", key: quickstart-key }\n`);
    const denied = await explain('--request', file, ...KEY_STORE);
    expect(denied).toMatchObject({ code: 0, stderr: '' });
    expect(denied.stdout).toContain('No policy permits it');
    const old = join(stateDirectory, 'old.cedar');
    const allowed = await explain('--request', file, '--policies', old);
    expect(allowed.stdout).toContain('Permitted by app');
  });

  it('a file that is no request → its place, what was found and what is allowed', async () => {
    const file = fileOf(`request:\n  action: Destroy\n  principal: "${APP}"\n  key: a\n`);
    const { code, stdout, stderr } = await explain('--request', file, ...KEY_STORE);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(file);
    expect(stderr).toMatch(/Destroy[^]*Encrypt/u);
  });
});

describe('holdfast policy simulate', () => {
  const simulate = async (candidate: string) => {
    const path = join(stateDirectory, candidate);
    return server.holdfast('policy', 'simulate', path, ...KEY_STORE, '--json');
  };

  it('the old policies over the whole log → exactly what they decide otherwise', async () => {
    const { code, stdout } = await simulate('old.cedar');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...{ requests: 4, neverAsked: 1, unchanged: 2, wouldAllow: 1, wouldDeny: 1, undecided: {} },
      changed: expect.arrayContaining([
        {
          ...{ change: 'would-allow', operation: 'Encrypt', externalKeyId: 'quickstart-key' },
          ...{ awsPrincipalArn: APP, kmsViaService: use(2).kmsViaService, policies: ['app'] },
          ...{ first: use(2).sequence, count: 1 },
        },
        {
          ...{ change: 'would-deny', operation: 'Encrypt', externalKeyId: 'quickstart-key' },
          ...{ awsPrincipalArn: EVE, kmsViaService: use(3).kmsViaService, policies: [] },
          ...{ first: use(3).sequence, count: 1 },
        },
      ]) as unknown,
    });
  });

  it('a candidate that reads what no record has → nothing decided, each with its reason, exit code 4', async () => {
    const text = 'permit(principal, action, resource) when { resource.hasTag("env") };\n';
    writeFileSync(join(stateDirectory, 'tags.cedar'), text);
    const { code, stdout, stderr } = await simulate('tags.cedar');
    expect(code).toBe(4);
    expect(stderr).toContain('Of 4 requests none could be decided');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ changed: [], undecided: { 'the record does not have the tag env': 4 } },
    });
  });
});

describe('a set of policies in the state directory', () => {
  const keptSets = join(stateDirectory, 'policy-sets');
  const keptFile = (index: number) =>
    join(keptSets, `${use(index).authorization?.policySet ?? ''}.json`);

  it('changed by somebody → not believed, and the file is named', async () => {
    expect(readdirSync(keptSets)).toHaveLength(2);
    writeFileSync(keptFile(2), '{}');
    const { code, stdout, stderr } = await explain('--record', `${use(2).sequence}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${keptFile(2)} is not what was in force`);
    expect(stderr).not.toMatch(/at .*\.js:\d+/u);
  });

  it('not kept any more → said so, and told what the record itself has', async () => {
    rmSync(keptFile(0));
    expect(await explained(0)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('are not kept in') as string,
      explanation: {
        ...{ decision: 'allowed', isKept: false, policies: [] },
        because: 'Permitted by app, and no policy forbids it.',
      },
    });
  });
});

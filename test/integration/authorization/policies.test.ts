import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecords } from '../../../src/audit/read/records.js';
import { checkInThread } from '../../../src/authorization/cedar/check-thread.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
  startInVain,
} from '../../support/holdfast-server.js';
import { policySource } from '../../support/policies.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody, requestMetadata } from '../../support/xks-requests.js';

const KEY = 'quickstart-key';
const APP = 'arn:aws:iam::111122223333:role/app';
const EVE = 'arn:aws:iam::111122223333:user/eve';
const POLICIES = `@id("app") permit(principal in Principal::"${APP}", action, resource);\n`;
const CANDIDATE = `${POLICIES}@id("eve") permit(principal == Principal::"${EVE}", action, resource);\n`;
const WORKER = new URL('../../../dist/authorization/cedar/check-worker.js', import.meta.url);

function configurationWith(policies: object) {
  const configuration = quickstartConfiguration();
  const keyStores = configuration.keyStores.map((each) => ({ ...each, policies }));
  return { ...configuration, keyStores };
}

let stateDirectory = '';
let server: HoldfastServer;
let client: XksClient;

beforeAll(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-policies-'));
  writeFileSync(join(stateDirectory, 'store.cedar'), POLICIES);
  writeFileSync(join(stateDirectory, 'candidate.cedar'), CANDIDATE);
  const policies = { files: ['store.cedar'], shadow: { files: ['candidate.cedar'] } };
  server = await startHoldfast({ stateDirectory, configuration: configurationWith(policies) });
  client = new XksClient(server);
});

afterAll(async () => {
  client.close();
  await server.stop();
  rmSync(stateDirectory, { recursive: true });
});

async function encryptAs(awsPrincipalArn: string) {
  const body = encryptBody({ requestMetadata: requestMetadata({ awsPrincipalArn }) });
  const { status } = await client.call(`keys/${KEY}/encrypt`, body);
  return status;
}

/** The last record of a use of a key. */
async function lastUse() {
  let last;
  for await (const record of readRecords(join(stateDirectory, 'audit'))) {
    if (record.type === 'key-operation') last = record;
  }
  if (last === undefined) throw new Error('no key was used');
  return last;
}

describe('a server whose key store has policies', () => {
  it('allows whom they permit and denies others; the audit log explains both', async () => {
    expect(await encryptAs(APP)).toBe(200);
    const allowed = await lastUse();
    expect(allowed.authorization).toMatchObject({ by: 'policy', policies: ['app'] });
    expect(await encryptAs(EVE)).toBe(403);
    const denied = await lastUse();
    const explained = await server.holdfast('policy', 'explain', '--record', `${allowed.sequence}`);
    expect(explained).toMatchObject({ code: 0, stderr: '' });
    expect(explained.stdout).toContain('Permitted by app');
    expect(explained.stdout).toContain(POLICIES.trim());
    const refused = await server.holdfast(
      'policy',
      'explain',
      '--record',
      `${denied.sequence}`,
      '--json',
    );
    expect(JSON.parse(refused.stdout)).toMatchObject({
      decision: 'denied',
      because: 'No policy permits it, in the key store or among those of the key.',
      policySet: denied.authorization?.policySet,
    });
  });

  it('a candidate in the shadow → the difference is logged and counted, the answer is not touched', async () => {
    await expect
      .poll(async () => {
        // One that comes while its share of a processor is used up is left out.
        expect(await encryptAs(EVE)).toBe(403);
        return server.log();
      })
      .toMatch(
        /"kmsRequestId":"[^"]+".*"candidate":\{"decision":"allowed","policies":\["eve"\]\}/u,
      );
    const metrics = await fetch(`http://127.0.0.1:${server.operationsPort}/metrics`);
    expect(await metrics.text()).toMatch(
      /holdfast_policy_shadow_differences_total\{key_store="quickstart",would="allow"\} [1-9]/u,
    );
  });

  it('a simulation of the candidate over the log → what would change', async () => {
    await encryptAs(EVE);
    const path = join(stateDirectory, 'candidate.cedar');
    const { code, stdout } = await server.holdfast(
      'policy',
      'simulate',
      path,
      '--key-store',
      'quickstart',
      '--json',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as {
      requests: number;
      unchanged: number;
      wouldAllow: number;
    };
    expect(result.wouldAllow).toBeGreaterThan(0);
    expect(result.unchanged + result.wouldAllow).toBe(result.requests);
    expect(result).toMatchObject({
      changed: [
        { change: 'would-allow', awsPrincipalArn: EVE, operation: 'Encrypt', policies: ['eve'] },
      ],
    });
  });

  it('break glass → what they deny is allowed until it is closed, and both are recorded', async () => {
    const open = ['open', '--key-store', 'quickstart', '--reason', 'INC-1', '--for', '1h'];
    expect((await server.holdfast('break-glass', ...open)).code).toBe(0);
    const listed = await server.holdfast('break-glass', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      open: [{ keyStore: 'quickstart', reason: 'INC-1' }],
    });
    expect(await encryptAs(EVE)).toBe(200);
    const used = await lastUse();
    expect(used.authorization).toMatchObject({ decision: 'allowed', by: 'break-glass' });
    const close = await server.holdfast('break-glass', 'close', '--key-store', 'quickstart');
    expect(close.code).toBe(0);
    expect(await encryptAs(EVE)).toBe(403);
    const acts: unknown[] = [];
    for await (const record of readRecords(join(stateDirectory, 'audit'))) {
      if (record.type === 'administrative-act') acts.push([record.act, record.request['reason']]);
    }
    expect(acts).toEqual([
      ['openBreakGlass', 'INC-1'],
      ['closeBreakGlass', undefined],
    ]);
  });
});

describe('policies that are wrong', () => {
  it('do not parse → no start, and the file and line are told', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'bad.cedar'), 'permit(principal, action, resource);\npermit(\n');
    const configuration = configurationWith({ files: ['bad.cedar'] });
    const { code, log } = await startInVain({ stateDirectory: folder, configuration });
    expect(code).not.toBe(0);
    expect(log).toContain(`${join(folder, 'bad.cedar')}, line `);
  });

  it('nested so deeply that Cedar traps → a problem, and the process goes on', async () => {
    const text = `permit(principal, action, resource) when { ${'!('.repeat(20_000)}true${')'.repeat(20_000)} };`;
    const [checked] = await checkInThread([policySource(text)], WORKER);
    expect(checked?.problems[0]?.found).toMatch(/gives up|policies/u);
    const [good] = await checkInThread([policySource(POLICIES)], WORKER);
    expect(good?.problems).toEqual([]);
  });
});

describe('the library of policies', () => {
  it('every policy has cases, and all of them are decided as they say', () => {
    const folder = new URL('../../../config/policies/', import.meta.url).pathname;
    const program = new URL('../../../dist/cli/main.js', import.meta.url).pathname;
    const names = readFileNames(folder, '.cedar');
    expect(readFileNames(folder, '.test.yaml')).toEqual(names);
    expect(names).toHaveLength(9);
    const files = names.map((name) => join(folder, `${name}.test.yaml`));
    const output = execFileSync(process.execPath, [program, 'policy', 'test', ...files]).toString();
    expect(output.match(/cases as expected/gu)).toHaveLength(9);
  });
});

function readFileNames(folder: string, suffix: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

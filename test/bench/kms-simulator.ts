/**
 * Measures calls of KMS through the simulator and Holdfast together, each a process of its own:
 * see docs/benchmark.md.
 *
 *     node --import tsx test/bench/kms-simulator.ts --seconds 20
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../support/holdfast-server.js';
import { KmsClient, readCaller } from './load/kms-client.js';
import { cpuTimeUs } from './process-usage.js';
import { percentiles } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CONNECTIONS = 64;
const TICK_MS = 5;
const SIGNED_AHEAD = 500;
const DATA_KEY_BYTES = 32;
const START_MS = 30_000;
const WARM_UP_SECONDS = 5;
const QUOTA_SECONDS = 3;
const CONTEXT = { Department: 'Engineering' };

/** Calls that leave on schedule, answered or not. */
interface Schedule {
  /** Taken in turn. */
  readonly calls: readonly Buffer[];
  readonly perSecond: number;
  readonly seconds: number;
}

interface Measured {
  readonly sent: number;
  /** Answers by `success` or the exception's name. */
  readonly answers: Readonly<Record<string, number>>;
  /** In ms, of the successful ones, from when the call was due. */
  readonly latencies: readonly number[];
  readonly seconds: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '700' },
      'beyond-quota': { type: 'string', default: '2400' },
    },
  });
  await ensureBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  // A line for every request is for looking on, and this process would have to read them.
  const configuration = { ...quickstartConfiguration(), log: { requests: 'none' } };
  const server = await startHoldfast({ configuration });
  try {
    await measure(server, folder, {
      seconds: Number(values.seconds),
      rate: Number(values.rate),
      beyondQuota: Number(values['beyond-quota']),
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  server: HoldfastServer,
  folder: string,
  { seconds, rate, beyondQuota }: { seconds: number; rate: number; beyondQuota: number },
): Promise<void> {
  const simulator = startSimulator(server, folder);
  const client = new KmsClient(await environmentOf(folder), CONNECTIONS);
  try {
    const calls = await signedCalls(client, await createKey(client, server));
    const both = [...calls.encrypt, ...calls.decrypt].sort(() => Math.random() - 0.5);
    await run(client, { calls: both, perSecond: rate, seconds: WARM_UP_SECONDS });
    const pids = { Holdfast: server.pid, simulator: simulator.pid ?? 0 };
    const before = Object.values(pids).map(cpuTimeUs);
    const measured = await run(client, { calls: both, perSecond: 2 * rate, seconds });
    const used = Object.values(pids).map((pid, at) => cpuTimeUs(pid) - (before[at] ?? 0));
    report(`${rate} Encrypt and ${rate} Decrypt calls a second`, measured);
    for (const [at, name] of Object.keys(pids).entries()) {
      const perCall = Math.round((used[at] ?? 0) / measured.sent);
      console.log(`  CPU time of ${name}: ${perCall} µs a call`);
    }
    await sleep(1000);
    const beyond = { calls: calls.decrypt, perSecond: beyondQuota, seconds: QUOTA_SECONDS };
    report(`${beyondQuota} Decrypt calls a second`, await run(client, beyond));
  } finally {
    client.close();
    simulator.kill('SIGTERM');
  }
}

function startSimulator(server: HoldfastServer, folder: string) {
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, server.ca);
  const way = ['--resolve', `localhost=127.0.0.1:${server.port}`, '--ca', ca];
  const args = [PROGRAM, 'kms-simulator', '--state', join(folder, 'kms'), '--port', '0', ...way];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function environmentOf(folder: string) {
  const file = join(folder, 'kms', 'environment');
  const giveUpAt = performance.now() + START_MS;
  while (!existsSync(file)) {
    if (performance.now() > giveUpAt) throw new Error('the simulator has not started');
    await sleep(50);
  }
  return readCaller(file);
}

/** @returns the id of a key in an external key store that is connected to the server */
async function createKey(client: KmsClient, server: HoldfastServer): Promise<string> {
  const { CustomKeyStoreId } = await client.call('CreateCustomKeyStore', {
    CustomKeyStoreName: 'bench',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: 'https://localhost',
    XksProxyUriPath: server.uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: server.credential.accessKeyId,
      RawSecretAccessKey: server.credential.secretAccessKey,
    },
  });
  await client.call('ConnectCustomKeyStore', { CustomKeyStoreId });
  for (;;) {
    const described = await client.call('DescribeCustomKeyStores', { CustomKeyStoreId });
    const [store] = described['CustomKeyStores'] as { ConnectionState: string }[];
    if (store?.ConnectionState === 'CONNECTED') break;
    if (store?.ConnectionState === 'FAILED') throw new Error(JSON.stringify(store));
    await sleep(20);
  }
  const created = await client.call('CreateKey', {
    Origin: 'EXTERNAL_KEY_STORE',
    CustomKeyStoreId,
    XksKeyId: 'quickstart-key',
  });
  return (created['KeyMetadata'] as { KeyId: string }).KeyId;
}

async function signedCalls(client: KmsClient, KeyId: string) {
  const plaintexts = Array.from({ length: SIGNED_AHEAD }, () =>
    randomBytes(DATA_KEY_BYTES).toString('base64'),
  );
  const inputs = plaintexts.map((Plaintext) => ({ KeyId, Plaintext, EncryptionContext: CONTEXT }));
  const blobs: unknown[] = [];
  for (const input of inputs) blobs.push((await client.call('Encrypt', input))['CiphertextBlob']);
  return {
    encrypt: inputs.map((input) => client.sign('Encrypt', input)),
    decrypt: blobs.map((CiphertextBlob) =>
      client.sign('Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT }),
    ),
  };
}

async function run(client: KmsClient, { calls, perSecond, seconds }: Schedule): Promise<Measured> {
  const answers: Record<string, number> = {};
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const begun = performance.now();
  const total = perSecond * seconds;
  const send = async (call: Buffer, due: number): Promise<void> => {
    const name = await client.send(call).then(
      ({ status, fields }) => (status === 200 ? 'success' : String(fields['__type'])),
      (error: unknown) => String(error),
    );
    answers[name] = (answers[name] ?? 0) + 1;
    if (name === 'success') latencies.push(performance.now() - due);
  };
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - begun) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const call = calls[sent % calls.length];
      if (call !== undefined) pending.push(send(call, begun + (sent / perSecond) * 1000));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(pending);
  return { sent: total, answers, latencies, seconds: (performance.now() - begun) / 1000 };
}

function report(title: string, { sent, answers, latencies, seconds }: Measured): void {
  const { p50, p99 } = percentiles(Float64Array.from(latencies));
  const load = loadavg()[0]?.toFixed(1) ?? '';
  console.log(`\n${title}: ${sent} calls in ${seconds.toFixed(1)} s (load ${load})`);
  console.log(`  answers: ${JSON.stringify(answers)}`);
  console.log(`  latency: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
}

await main();

/**
 * Measures how long answers take whose audit records wait for a disk that others write to: see
 * docs/benchmark.md.
 *
 *     node --import tsx test/bench/late-sync.ts --folder /var/tmp --seconds 60
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { readRecords } from '../../src/audit/read/records.js';
import { endpointOf } from '../support/audit-crash-load.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../support/holdfast-server.js';
import { Connection } from './connection.js';
import { encryptBody, makeSample, signRequest } from './requests.js';
import { percentiles } from './statistics.js';

const CONNECTIONS = 4;
const PAUSE_MS = 20;
const WRITERS = 3;
const WRITER_BYTES = 64 * 1024 * 1024;
/** Each is measured in turn so many times, so that the disk is the same for all. */
const ROUNDS = 3;

const KINDS = [
  { name: 'written', audit: { durability: 'written' } },
  { name: 'synced, lateSync: refuse', audit: { durability: 'synced', lateSync: 'refuse' } },
  { name: 'synced, lateSync: answer', audit: { durability: 'synced', lateSync: 'answer' } },
] as const;

/** One way to answer, and what came of it. */
interface Measured {
  readonly name: string;
  readonly server: HoldfastServer;
  readonly latencies: number[];
  failures: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: '/var/tmp' },
      seconds: { type: 'string', default: '60' },
    },
  });
  await ensureBuilt();
  const folder = await mkdtemp(join(values.folder, 'holdfast-late-sync-'));
  try {
    const measured = await start(folder);
    const stopping = new AbortController();
    const writers = Array.from({ length: WRITERS }, (_, number) =>
      writeBeside(join(folder, `beside-${String(number)}`), stopping.signal),
    );
    const roundMs = (Number(values.seconds) * 1_000) / ROUNDS;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const each of measured) await load(each, roundMs);
    }
    stopping.abort();
    await Promise.all(writers);
    for (const each of measured) await report(each);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(folder: string): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const { name, audit } of KINDS) {
    const stateDirectory = await mkdtemp(join(folder, 'state-'));
    const configuration = quickstartConfiguration();
    const server = await startHoldfast({
      stateDirectory,
      configuration: { ...configuration, audit: { ...Object(configuration['audit']), ...audit } },
    });
    measured.push({ name, server, latencies: [], failures: 0 });
  }
  return measured;
}

/** Grows a file, syncs it, and begins again, as a database beside would. */
async function writeBeside(path: string, signal: AbortSignal): Promise<void> {
  const bytes = Buffer.alloc(1024 * 1024, 1);
  while (!signal.aborted) {
    const file = await open(path, 'w');
    for (let done = 0; done < WRITER_BYTES; done += bytes.length) await file.write(bytes);
    await file.sync();
    await file.close();
  }
}

async function load(measured: Measured, ms: number): Promise<void> {
  const endpoint = endpointOf(measured.server);
  const until = performance.now() + ms;
  const ask = async (): Promise<void> => {
    const connection = await Connection.open(endpoint);
    while (performance.now() < until) {
      const body = encryptBody(makeSample('GenerateDataKey'));
      const startedAt = performance.now();
      const { status } = await connection.send(signRequest(endpoint, 'encrypt', body));
      measured.latencies.push(performance.now() - startedAt);
      if (status !== 200) measured.failures += 1;
      await sleep(PAUSE_MS);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
}

async function report({ name, server, latencies, failures }: Measured): Promise<void> {
  const { stateDirectory } = server;
  await server.stop();
  let late = 0;
  for await (const record of readRecords(join(stateDirectory, 'audit'))) {
    if (record.type === 'late-sync') late += record.answers;
  }
  const { p50, p99, p999, max } = percentiles(Float64Array.from(latencies));
  const figures = [p50, p99, p999, max].map((value) => value.toFixed(1).padStart(8)).join('');
  console.log(
    `${name.padEnd(26)} ${String(latencies.length).padStart(6)} requests, p50 p99 p99.9 max (ms):${figures}, failed: ${String(failures)}, answered before the sync: ${String(late)}`,
  );
}

await main();

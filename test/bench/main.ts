/** `npm run bench`: see docs/benchmark.md for what is measured and why. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { requireWrk } from './load/wrk.js';
import { measureCpu } from './measurements/cpu.js';
import { measureLatency } from './measurements/latency.js';
import { measureMemory, type MemoryResult } from './measurements/memory.js';
import { measureThroughput } from './measurements/throughput.js';
import { PARTS, readOptions, USAGE, type Options, type Part } from './options.js';
import { formatReport, type Results } from './report.js';
import { Session } from './session.js';
import { BASELINE, CANDIDATES } from './targets/index.js';

const RESULTS_DIRECTORY = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

async function measure(options: Options): Promise<Results> {
  const wanted = PARTS.filter((part) => options.parts.includes(part));
  const beside = wanted.some((part) => part !== 'memory');
  return {
    ...(beside ? await measureSideBySide(wanted, options) : {}),
    ...(wanted.includes('memory') ? { memory: await measureEachMemory(options) } : {}),
  };
}

/** Whatever compares: all servers run at once, and are asked in turn. */
async function measureSideBySide(wanted: readonly Part[], options: Options): Promise<Results> {
  const sessions: Session[] = [];
  try {
    for (const target of [BASELINE, ...CANDIDATES]) sessions.push(await Session.begin(target));
    say('warming up');
    for (const session of sessions) await session.warmUp(options.warmUpSeconds);
    const results: Results = {};
    for (const part of wanted) {
      if (part !== 'memory') say(part);
      if (part === 'cpu') results.cpu = await measureCpu(sessions, options);
      if (part === 'throughput') results.throughput = await measureThroughput(sessions, options);
      if (part === 'latency') results.latency = await measureLatency(sessions, options);
    }
    return results;
  } finally {
    for (const session of sessions) await session.end();
  }
}

async function measureEachMemory(options: Options): Promise<MemoryResult[]> {
  say('memory');
  const results: MemoryResult[] = [];
  for (const target of CANDIDATES) results.push(await measureMemory(target, options));
  return results;
}

async function save(results: Results, options: Options): Promise<string> {
  const now = new Date();
  const file = `${RESULTS_DIRECTORY}${now.toISOString().replaceAll(':', '-')}.json`;
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model,
    cores: cpus().length,
    kernel: release(),
    architecture: arch(),
  };
  await mkdir(RESULTS_DIRECTORY, { recursive: true });
  await writeFile(file, JSON.stringify({ at: now, machine, options, ...results }, null, 2));
  return file;
}

function say(what: string): void {
  process.stderr.write(`bench: ${what}\n`);
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  console.log(USAGE);
} else {
  if (process.platform !== 'linux') throw new Error('the benchmark reads /proc: it needs Linux');
  await requireWrk();
  await ensureBuilt();
  const results = await measure(options);
  console.log(formatReport(results));
  console.log(`\n${await save(results, options)}`);
}

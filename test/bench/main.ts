/** `npm run bench`: see docs/benchmark.md for what is measured and why. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { requireWrk } from './load/wrk.js';
import { measureAudit } from './measurements/audit.js';
import { measureCpu } from './measurements/cpu.js';
import { measureEventLoop } from './measurements/event-loop.js';
import { type HostileResult, measureHostile } from './measurements/hostile.js';
import { measureLatency } from './measurements/latency.js';
import { measureMemory } from './measurements/memory.js';
import { measureReconciliation } from './measurements/reconciliation.js';
import { measureThroughput } from './measurements/throughput.js';
import { PARTS, readOptions, USAGE, type Options, type Part } from './options.js';
import { formatReport, type Results } from './report.js';
import { Session } from './session.js';
import { AUDITED, BACKENDS, BASELINE, CANDIDATES } from './targets/index.js';
import type { Target } from './targets/target.js';

/** The parts that share their servers. */
const SIDE_BY_SIDE = ['cpu', 'throughput', 'latency'] as const satisfies readonly Part[];
const RESULTS_DIRECTORY = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/** Fills `results` part by part, so that what was measured is not lost with what fails later. */
async function measure(options: Options, results: Results): Promise<void> {
  const wanted = PARTS.filter((part) => options.parts.includes(part));
  const sideBySide = SIDE_BY_SIDE.filter((part) => wanted.includes(part));
  if (sideBySide.length > 0) await measureSideBySide(sideBySide, options, results);
  if (wanted.includes('memory')) await measureAlone(options, results);
  if (wanted.includes('backends')) await measureBackends(options, results);
  if (wanted.includes('audit')) await measureAuditLog(options, results);
  if (wanted.includes('hostile')) await measureAttacks(options, results);
  if (wanted.includes('reconcile')) {
    say('reconcile');
    results.reconciliation = await measureReconciliation(options);
  }
}

async function measureAlone(options: Options, results: Results): Promise<void> {
  say('memory');
  results.memory = [];
  for (const target of CANDIDATES) results.memory.push(await measureMemory(target, options));
}

async function measureAttacks(options: Options, results: Results): Promise<void> {
  const measured: HostileResult[] = [];
  results.hostile = measured;
  await measureHostile(options, (result) => {
    say(`hostile: ${result.attack}`);
    measured.push(result);
  });
}

async function measureBackends(options: Options, results: Results): Promise<void> {
  say('event loop with a slow HSM');
  results.eventLoop = await measureEventLoop();
  await withSessions([BASELINE, ...CANDIDATES, ...BACKENDS], options, async (sessions) => {
    say('cpu of the backends');
    results.backends = await measureCpu(sessions, options);
  });
}

async function measureAuditLog(options: Options, results: Results): Promise<void> {
  await withSessions(AUDITED, options, async (sessions) => {
    say('audit');
    results.audit = {};
    await measureAudit(sessions, options, results.audit);
  });
}

/** Whatever compares: all servers run at once, and are asked in turn. */
async function measureSideBySide(
  wanted: readonly (typeof SIDE_BY_SIDE)[number][],
  options: Options,
  results: Results,
): Promise<void> {
  await withSessions([BASELINE, ...CANDIDATES], options, async (sessions) => {
    for (const part of wanted) {
      say(part);
      if (part === 'cpu') results.cpu = await measureCpu(sessions, options);
      if (part === 'throughput') results.throughput = await measureThroughput(sessions, options);
      if (part === 'latency') results.latency = await measureLatency(sessions, options);
    }
  });
}

async function withSessions(
  targets: readonly Target[],
  options: Options,
  use: (sessions: readonly Session[]) => Promise<void>,
): Promise<void> {
  const sessions: Session[] = [];
  try {
    for (const target of targets) sessions.push(await Session.begin(target));
    say('warming up');
    for (const session of sessions) await session.warmUp(options.warmUpSeconds);
    await use(sessions);
  } finally {
    for (const session of sessions) await session.end();
  }
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
  if (options.parts.some((part) => part !== 'reconcile')) await requireWrk();
  await ensureBuilt();
  const results: Results = {};
  try {
    await measure(options, results);
  } finally {
    console.log(formatReport(results));
    console.log(`\n${await save(results, options)}`);
  }
}

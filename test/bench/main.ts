/** `npm run bench`: see docs/benchmark.md for what is measured and why. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { keepCoreBusy } from './load/busy-core.js';
import { requireWrk } from './load/wrk.js';
import { measureAuthorization } from './measurements/authorization.js';
import { measureCpu } from './measurements/cpu.js';
import { measureEventLoop } from './measurements/event-loop.js';
import { type HostileResult, measureHostile } from './measurements/hostile.js';
import { measureKeyStarts } from './measurements/key-starts.js';
import { measureLogStarts } from './measurements/log-starts.js';
import { measureLatency } from './measurements/latency.js';
import { measureManyKeys } from './measurements/many-keys.js';
import { measureMemory } from './measurements/memory.js';
import { measureOverload } from './measurements/overload.js';
import { measureReconciliation } from './measurements/reconciliation.js';
import { measureReplicasCpu } from './measurements/replicas-cpu.js';
import { measureRotation } from './measurements/rotation.js';
import { measureStrangersCpu } from './measurements/strangers-cpu.js';
import { measureVerification } from './measurements/verification.js';
import { PARTS, readOptions, USAGE, type Options, type Part } from './options.js';
import { formatReport, type Results } from './report.js';
import { Session } from './session.js';
import {
  AUDITED,
  BACKENDS,
  LATENCY,
  OVERLOADED,
  PLAIN,
  POLICED,
  SIDE_BY_SIDE,
} from './targets/index.js';
import type { Target } from './targets/target.js';

const BACKEND_CONNECTIONS = 16;
const RESULTS_DIRECTORY = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/** Fills `results` part by part, so that what was measured is not lost with what fails later. */
async function measure(options: Options, results: Results): Promise<void> {
  for (const part of PARTS.filter((known) => options.parts.includes(known))) {
    say(part);
    await MEASURES[part](options, results);
  }
}

const MEASURES: Readonly<Record<Part, (options: Options, results: Results) => Promise<void>>> = {
  cpu: (options, results) =>
    withSessions(SIDE_BY_SIDE, options, async (sessions) => {
      results.cpu = [];
      await measureCpu(sessions, options.connections, options, results.cpu);
    }),
  latency: (options, results) =>
    withSessions([...LATENCY.keys()], options, async (sessions) => {
      results.latency = [];
      await measureLatency(sessions, options, results.latency);
    }),
  memory: async (options, results) => {
    results.memory = await measureMemory(PLAIN, options);
  },
  backends: measureBackends,
  verification: (options, results) =>
    withSessions([AUDITED], options, async ([session]) => {
      results.verification = await measureVerification(session, options);
    }),
  hostile: measureAttacks,
  reconcile: async (options, results) => {
    results.reconciliation = await measureReconciliation(options);
  },
  replicas: async (options, results) => {
    results.replicasCpu = await measureReplicasCpu(options);
    say('many keys');
    results.manyKeys = await measureManyKeys(options);
  },
  starts: async (options, results) => {
    results.keyStarts = await measureKeyStarts(options);
    say('starts with a long audit log');
    results.logStarts = await measureLogStarts(options);
  },
  rotation: async (options, results) => {
    results.rotation = await measureRotation(options);
  },
  authorization: async (options, results) => {
    results.authorization = await measureAuthorization();
    await withSessions([PLAIN, POLICED], options, async (sessions) => {
      say('requests with policies and without');
      results.policed = [];
      await measureCpu(sessions, [BACKEND_CONNECTIONS], options, results.policed);
    });
  },
  strangers: (options, results) =>
    withSessions([PLAIN, AUDITED], options, async (sessions) => {
      results.strangersCpu = await measureStrangersCpu(sessions, options);
    }),
  overload: (options, results) =>
    withSessions(OVERLOADED, options, async (sessions) => {
      results.overload = await measureOverload(sessions, options);
    }),
};

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
  await withSessions(BACKENDS, options, async (sessions) => {
    say('cpu of the backends');
    results.backends = [];
    await measureCpu(sessions, [BACKEND_CONNECTIONS], options, results.backends);
  });
}

/** All servers run at once, and are asked in turn. */
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
  const endCompetitor = options.busy ? keepCoreBusy() : () => undefined;
  try {
    await measure(options, results);
  } finally {
    endCompetitor();
    console.log(formatReport(results));
    console.log(`\n${await save(results, options)}`);
  }
}

import { parseArgs } from 'node:util';

/** The parts of the benchmark, in the order they run. */
export const PARTS = [
  'cpu',
  'latency',
  'memory',
  'backends',
  'verification',
  'hostile',
  'reconcile',
  'replicas',
  'starts',
  'rotation',
  'authorization',
  'strangers',
  'overload',
] as const;

/** One part of the benchmark. */
export type Part = (typeof PARTS)[number];

/** How much of everything to measure. */
export interface Options {
  readonly parts: readonly Part[];
  /** Under load, for each operation and target, after the answers have been checked. */
  readonly warmUpSeconds: number;
  /** Alternating rounds of CPU time, for each operation and target. */
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Of the main comparison, each measured by itself. */
  readonly connections: readonly number[];
  /** Whether another program keeps the load generator's core busy. */
  readonly busy: boolean;
  /** Alternating rounds of latency, for each operation and target. */
  readonly latencyRounds: number;
  readonly latencyWarmUpSeconds: number;
  readonly latencySeconds: number;
  /** RSS is compared between these numbers of requests. */
  readonly memoryRequests: readonly [number, number];
  /** How often RSS is read on the way there. */
  readonly memoryChunkSeconds: number;
  /** How often an audit log is verified. */
  readonly verificationRounds: number;
  readonly verificationRecords: number;
  /** Time for which signed callers are measured during each attack. */
  readonly hostileSeconds: number;
  readonly hostileBytesPerSecond: number;
  /** Opened beside each attack. */
  readonly silentConnections: number;
  /** Number of comparisons of an audit log with CloudTrail, in each of its formats. */
  readonly reconciliationRounds: number;
  readonly reconciliationPairs: number;
  /** Number of keys of a state, and starts with it. */
  readonly keys: number;
  readonly starts: number;
  /** Of an audit log that a server starts with. */
  readonly logBytes: number;
  /** Time for which changes are followed from one replica to the other. */
  readonly reachSeconds: number;
  /** One span of load while keys are rotated. */
  readonly spanSeconds: number;
  /** Time for which a server is overloaded. */
  readonly overloadSeconds: number;
}

/** Printed by `--help`. */
export const USAGE = `Usage: npm run bench -- [--only PART] [--rounds N] [--busy] [--quick]

  --only PART   measure one part: ${PARTS.join(', ')}; may be repeated
  --rounds N    alternating rounds of CPU time for each operation (default 7)
  --busy        with another program on the load generator's core all the while
  --quick       everything once and briefly: shows that it runs, the figures mean little

Example: npm run bench -- --only cpu --rounds 11`;

const FULL = {
  warmUpSeconds: 4,
  rounds: 7,
  roundSeconds: 3,
  connections: [16, 64],
  latencyRounds: 3,
  latencyWarmUpSeconds: 2,
  latencySeconds: 10,
  memoryRequests: [100_000, 500_000],
  memoryChunkSeconds: 3,
  verificationRounds: 5,
  verificationRecords: 500_000,
  hostileSeconds: 10,
  hostileBytesPerSecond: 2_000_000,
  silentConnections: 6_000,
  reconciliationRounds: 3,
  reconciliationPairs: 300_000,
  keys: 10_000,
  starts: 3,
  logBytes: 100_000_000,
  reachSeconds: 30,
  spanSeconds: 10,
  overloadSeconds: 10,
} as const;

const QUICK = {
  warmUpSeconds: 0,
  rounds: 1,
  roundSeconds: 1,
  connections: [16],
  latencyRounds: 1,
  latencyWarmUpSeconds: 0.2,
  latencySeconds: 0.5,
  memoryRequests: [500, 1000],
  memoryChunkSeconds: 1,
  verificationRounds: 1,
  verificationRecords: 10_000,
  hostileSeconds: 1,
  hostileBytesPerSecond: 2_000_000,
  silentConnections: 100,
  reconciliationRounds: 1,
  reconciliationPairs: 10_000,
  keys: 20,
  starts: 1,
  logBytes: 1_000_000,
  reachSeconds: 1,
  spanSeconds: 1,
  overloadSeconds: 2,
} as const;

/**
 * Reads the command line.
 *
 * @returns undefined when the usage was asked for
 * @throws Error that names what is wrong with it
 */
export function readOptions(commandLine: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      busy: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const defaults = values.quick ? QUICK : FULL;
  const rounds = values.rounds === undefined ? defaults.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds: a number from 1');
  const parts = values.only === undefined ? PARTS : values.only.map(toPart);
  return { ...defaults, parts, rounds, busy: values.busy };
}

function toPart(text: string): Part {
  const part = PARTS.find((known) => known === text);
  if (part === undefined) throw new Error(`--only: one of ${PARTS.join(', ')}, not "${text}"`);
  return part;
}

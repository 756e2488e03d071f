import type { CpuResult } from './measurements/cpu.js';
import type { EventLoopResult } from './measurements/event-loop.js';
import type { HostileResult } from './measurements/hostile.js';
import type { LatencyResult } from './measurements/latency.js';
import type { KeyStartsResult } from './measurements/key-starts.js';
import type { LogStartsResult } from './measurements/log-starts.js';
import type { ManyKeysResult } from './measurements/many-keys.js';
import type { MemoryResult } from './measurements/memory.js';
import type { OverloadRun } from './measurements/overload.js';
import type { ReconciliationResult } from './measurements/reconciliation.js';
import type { ReplicasCpuResult } from './measurements/replicas-cpu.js';
import type { AuthorizationResult } from './measurements/authorization.js';
import type { RotationResult } from './measurements/rotation.js';
import type { StrangerCpuResult } from './measurements/strangers-cpu.js';
import type { VerificationResult } from './measurements/verification.js';
import { formatAuthorization, formatPoliced } from './report-authorization.js';
import {
  formatKeyStarts,
  formatLogStarts,
  formatManyKeys,
  formatReplicasCpu,
} from './report-state.js';
import { table, toMib } from './report-table.js';
import { median, medianRatio, type Percentiles } from './statistics.js';
import { AWS_PROXY_VARIABLE, awsProxy } from './targets/aws-proxy.js';
import { BASELINE, LATENCY, PLAIN } from './targets/index.js';
import type { Target } from './targets/target.js';

/** Everything one run measured; absent is what was not asked for. */
export interface Results {
  cpu?: CpuResult[];
  latency?: LatencyResult[];
  memory?: MemoryResult;
  eventLoop?: EventLoopResult;
  backends?: CpuResult[];
  verification?: readonly VerificationResult[];
  hostile?: readonly HostileResult[];
  reconciliation?: ReconciliationResult;
  replicasCpu?: readonly ReplicasCpuResult[];
  manyKeys?: ManyKeysResult;
  keyStarts?: readonly KeyStartsResult[];
  logStarts?: readonly LogStartsResult[];
  rotation?: RotationResult;
  authorization?: readonly AuthorizationResult[];
  strangersCpu?: readonly StrangerCpuResult[];
  policed?: CpuResult[];
  overload?: readonly OverloadRun[];
}

/** The JSON has every reading. */
const MEMORY_ROWS = 12;

/** Lays the results out for people. */
export function formatReport(results: Results): string {
  const sections = [
    ...(results.cpu ? [formatCpu(results.cpu)] : []),
    ...(results.latency ? [formatLatency(results.latency)] : []),
    ...(results.memory ? [formatMemory(results.memory)] : []),
    ...(results.eventLoop ? [formatEventLoop(results.eventLoop)] : []),
    ...(results.backends ? [formatBackends(results.backends)] : []),
    ...(results.verification ? [formatVerification(results.verification)] : []),
    ...(results.hostile ? [formatHostile(results.hostile)] : []),
    ...(results.reconciliation ? [formatReconciliation(results.reconciliation)] : []),
    ...(results.replicasCpu ? [formatReplicasCpu(results.replicasCpu)] : []),
    ...(results.keyStarts ? [formatKeyStarts(results.keyStarts)] : []),
    ...(results.logStarts ? [formatLogStarts(results.logStarts)] : []),
    ...(results.manyKeys ? [formatManyKeys(results.manyKeys)] : []),
    ...(results.rotation ? [formatRotation(results.rotation)] : []),
    ...(results.authorization ? [formatAuthorization(results.authorization)] : []),
    ...(results.strangersCpu ? [formatStrangersCpu(results.strangersCpu)] : []),
    ...(results.policed ? [formatPoliced(results.policed)] : []),
    ...(results.overload ? [formatOverload(results.overload)] : []),
  ];
  return sections.join('\n\n');
}

function formatCpu(results: readonly CpuResult[]): string {
  return table(
    "Server's CPU time a request and throughput on one core (medians of rounds and of their\n" +
      'ratios; wanted: ' +
      'bare ÷ holdfast ≥ 0.75 and 0.72, ÷ synced ≥ 0.58 with 16 and 0.62 with 64 connections;\n' +
      'written ≤ 1.0 × and synced ≤ 1.2 × holdfast)',
    ['operation', 'connections', 'target', 'µs', 'bare ÷', '× holdfast', 'requests/s', 'refused'],
    results.map((r) => [
      r.operation,
      String(r.connections),
      r.target,
      r.medianUs.toFixed(0),
      comparedWith(BASELINE, r, results, ([own, bare]) => medianRatio(bare, own)),
      comparedWith(PLAIN, r, results, ([own, holdfast]) => medianRatio(own, holdfast)),
      r.requestsPerSecond.toFixed(0),
      String(r.refused),
    ]),
  );
}

function comparedWith(
  target: Target | undefined,
  { operation, connections, roundsUs }: CpuResult,
  results: readonly CpuResult[],
  compare: (rounds: [own: readonly number[], other: readonly number[]]) => number,
): string {
  const other = results.find(
    (r) => r.target === target?.name && r.operation === operation && r.connections === connections,
  );
  return other === undefined ? '' : compare([roundsUs, other.roundsUs]).toFixed(2);
}

function formatLatency(results: readonly LatencyResult[]): string {
  return table(
    'Latency at a steady 1,800 requests/s from due time, ms: p50/p99/p99.9/max, medians of rounds\n' +
      '(wanted: holdfast p99 < 25; synced p99 < 10 and p99.9 < 40 beyond bare-synced in the round\n' +
      'beside it, none refused)',
    [
      'operation',
      'target',
      'latency',
      'beyond its bare server',
      'generator late',
      'stolen',
      'refused',
    ],
    results.map((r) => [
      r.operation,
      r.target,
      formatMedians(r.rounds.map(({ latency }) => latency)),
      formatBeyond(r, results),
      formatMedians(r.rounds.map(({ generatorLag }) => generatorLag)),
      sum(r.rounds.map(({ stolenMs: { server, generator } }) => server + generator)).toFixed(0),
      String(sum(r.rounds.map(({ refused }) => refused))),
    ]),
  );
}

function formatBeyond(result: LatencyResult, results: readonly LatencyResult[]): string {
  const yardstick = [...LATENCY].find(([{ name }]) => name === result.target)?.[1]?.name;
  const bare = results.find((r) => r.target === yardstick && r.operation === result.operation);
  if (bare === undefined) return '';
  return formatMedians(
    result.rounds.map(({ latency: own }, round) => {
      const other = bare.rounds[round]?.latency ?? own;
      return {
        p50: own.p50 - other.p50,
        p99: own.p99 - other.p99,
        p999: own.p999 - other.p999,
        max: own.max - other.max,
      };
    }),
  );
}

function formatMemory(result: MemoryResult): string {
  const title =
    `Resident memory of ${result.target}: ${toMib(result.growthBytes)} MiB more at the end than ` +
    'after the first part (wanted < 20)';
  const step = Math.ceil(result.samples.length / MEMORY_ROWS);
  const rows = result.samples
    .filter((_, index) => index % step === 0 || index === result.samples.length - 1)
    .map((s) => [String(s.requests), toMib(s.residentBytes)]);
  return table(title, ['requests', 'MiB'], rows);
}

function formatEventLoop({ hsmCallMs, p99Ms, maxMs, answers }: EventLoopResult): string {
  return table(
    `Event loop while the HSM takes ${String(hsmCallMs)} ms a call (p99 wanted < 20 ms)`,
    ['p99 ms', 'longest ms', 'answers'],
    [[p99Ms.toFixed(1), maxMs.toFixed(1), JSON.stringify(answers)]],
  );
}

function formatBackends(results: readonly CpuResult[]): string {
  return table(
    'CPU time a request by key manager, children included (wanted: openbao ≤ 1.8 × holdfast, ' +
      'softhsm < 1 × aws-rust' +
      (awsProxy === undefined ? `,\nleft out: ${AWS_PROXY_VARIABLE} names no program)` : ')'),
    ['operation', 'target', 'µs', 'bare ÷', '× holdfast', '× aws-rust'],
    results.map((r) => [
      r.operation,
      r.target,
      r.medianUs.toFixed(0),
      comparedWith(BASELINE, r, results, ([own, bare]) => medianRatio(bare, own)),
      comparedWith(PLAIN, r, results, ([own, holdfast]) => medianRatio(own, holdfast)),
      comparedWith(awsProxy, r, results, ([own, aws]) => medianRatio(own, aws)),
    ]),
  );
}

function formatVerification(results: readonly VerificationResult[]): string {
  return table(
    'Verification of the log on one core (wanted ≥ 200,000 records for a second of CPU time)',
    ['segments', 'records', 'records/s', 'bytes a record'],
    results.map((r) => [
      r.segments,
      String(r.records),
      r.medianPerCpuSecond.toFixed(0),
      r.bytesPerRecord.toFixed(0),
    ]),
  );
}

function formatHostile(results: readonly HostileResult[]): string {
  return table(
    'Signed callers during attacks, each beside silent connections (wanted: warm p99 < 50 ms or\n' +
      '5 × that without attack, no failure; 95 % of new connections within 1 s; < 400 MiB)',
    ['attack', 'KB/s', 'warm p50/p99 ms', 'failed', 'new p50/p99 ms', 'within 1 s', 'MiB'],
    results.map(({ attack, kilobytesPerSecond, warm, anew, residentBytes }) => [
      attack,
      kilobytesPerSecond.toFixed(0),
      `${warm.p50Ms.toFixed(1)} / ${warm.p99Ms.toFixed(1)}`,
      `${String(warm.failures)} of ${String(warm.calls)}`,
      `${anew.p50Ms.toFixed(0)} / ${anew.p99Ms.toFixed(0)}`,
      `${(anew.inTime * 100).toFixed(0)} %`,
      toMib(residentBytes),
    ]),
  );
}

function formatReconciliation({ pairs, speeds, bytesPerEvent }: ReconciliationResult): string {
  return table(
    `Comparison of ${String(pairs)} calls with CloudTrail on one core (wanted ≥ 25,000 pairs for a ` +
      `second of CPU time;\n${bytesPerEvent.toFixed(0)} bytes stay in memory of an event, wanted ≤ 300)`,
    ['input', 'pairs/s', 'MiB at most'],
    speeds.map((r) => [r.input, r.medianPerCpuSecond.toFixed(0), toMib(r.residentBytes)]),
  );
}

function formatRotation({ keys, rotationMs, quiet, rotating }: RotationResult): string {
  const title =
    `Rotation of ${String(keys)} keys in ${(rotationMs / 1_000).toFixed(1)} s, while 1,000 ` +
    'encryptions a second are asked for. Wanted: none refused, p99 < 25 ms more';
  const rows = [
    ['nothing rotated', quiet],
    ['keys rotated', rotating],
  ] as const;
  return table(
    title,
    ['', 'requests', 'refused', 'p50 ms', 'p99 ms'],
    rows.map(([name, spans]) => [
      name,
      String(sum(spans.map(({ requests }) => requests))),
      String(sum(spans.map(({ refused }) => refused))),
      median(spans.map(({ p50 }) => p50)).toFixed(2),
      Math.max(...spans.map(({ p99 }) => p99)).toFixed(2),
    ]),
  );
}

function formatStrangersCpu(results: readonly StrangerCpuResult[]): string {
  return table(
    'CPU time of an Encrypt that is not authenticated (medians of rounds and of their ratios; wanted:\n' +
      'less than that of an authenticated one)',
    ['target', 'pace', 'kind', 'requests/s', 'µs', '÷ authenticated'],
    results.map(({ target, pace, kind, requestsPerSecond, medianUs, ratio }) => [
      ...[target, pace, kind, requestsPerSecond.toFixed(0)],
      ...[medianUs.toFixed(0), ratio.toFixed(2)],
    ]),
  );
}

function formatOverload(runs: readonly OverloadRun[]): string {
  return table(
    'Encrypt at the sustainable load and at twice as much (wanted: p99 of the accepted < 200 ms, all\n' +
      'others 429; goodput ≥ 90 % where the key manager is the limit, ≥ 50 % where the CPU is)',
    [
      ...['target', 'load', 'sent/s', 'goodput', '÷ 16 connections', '429', 'given up'],
      ...['p50 ms', 'p99 ms', 'server busy', 'generator late p99', 'else'],
    ],
    runs.map((r) => [
      ...[r.target, `${String(r.times)} ×`, (r.sustainable * r.times).toFixed(0)],
      `${(r.goodput * 100).toFixed(0)} %`,
      `${((r.goodput * r.sustainable * 100) / r.closedLoop).toFixed(0)} %`,
      ...[r.refused, r.givenUp].map(String),
      ...(r.accepted === 0 ? ['', ''] : [r.latency.p50.toFixed(1), r.latency.p99.toFixed(1)]),
      ...[`${(r.serverBusy * 100).toFixed(0)} %`, r.generatorLag.p99.toFixed(1)],
      Object.entries(r.others)
        .map(([name, count]) => `${count} × ${name}`)
        .join(', '),
    ]),
  );
}

function formatMedians(rounds: readonly Percentiles[]): string {
  return (['p50', 'p99', 'p999', 'max'] as const)
    .map((name) => median(rounds.map((round) => round[name])).toFixed(2))
    .join(' / ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

import type { AuditResult } from './measurements/audit.js';
import type { CpuResult } from './measurements/cpu.js';
import type { EventLoopResult } from './measurements/event-loop.js';
import type { HostileResult } from './measurements/hostile.js';
import type { LatencyResult } from './measurements/latency.js';
import type { MemoryResult } from './measurements/memory.js';
import type { ReconciliationResult } from './measurements/reconciliation.js';
import type { ThroughputResult } from './measurements/throughput.js';
import type { VerificationResult } from './measurements/verification.js';
import type { Percentiles } from './statistics.js';

/** Everything one run measured; absent is what was not asked for. */
export interface Results {
  cpu?: readonly CpuResult[];
  throughput?: readonly ThroughputResult[];
  latency?: readonly LatencyResult[];
  memory?: MemoryResult[];
  eventLoop?: EventLoopResult;
  backends?: readonly CpuResult[];
  audit?: AuditResult;
  hostile?: readonly HostileResult[];
  reconciliation?: ReconciliationResult;
}

const BYTES_PER_MIB = 1024 ** 2;
/** The JSON has every reading. */
const MEMORY_ROWS = 12;

/** Lays the results out for people. */
export function formatReport(results: Results): string {
  const sections = [
    ...(results.cpu ? [formatCpu(results.cpu)] : []),
    ...(results.throughput ? [formatThroughput(results.throughput)] : []),
    ...(results.latency ? [formatLatency(results.latency, 25)] : []),
    ...(results.memory ? results.memory.map(formatMemory) : []),
    ...(results.eventLoop ? [formatEventLoop(results.eventLoop)] : []),
    ...(results.backends ? [formatBackends(results.backends)] : []),
    ...(results.audit ? formatAudit(results.audit) : []),
    ...(results.hostile ? [formatHostile(results.hostile)] : []),
    ...(results.reconciliation ? [formatReconciliation(results.reconciliation)] : []),
  ];
  return sections.join('\n\n');
}

function formatCpu(results: readonly CpuResult[]): string {
  return table(
    "Server's CPU time a request (median of rounds; ratio: bare ÷ target, wanted ≥ 0.70)",
    ['operation', 'target', 'µs', 'ratio'],
    results.map((r) => [r.operation, r.target, r.medianUs.toFixed(0), r.ratio.toFixed(2)]),
  );
}

function formatThroughput(results: readonly ThroughputResult[]): string {
  return table(
    'Throughput on one core',
    ['operation', 'connections', 'target', 'requests/s'],
    results.map((r) => [
      r.operation,
      String(r.connections),
      r.target,
      r.medianPerSecond.toFixed(0),
    ]),
  );
}

function formatLatency(results: readonly LatencyResult[], wantedMs: number): string {
  return table(
    `Latency at a steady 1,800 requests/s, ms (p99 wanted < ${String(wantedMs)}; p50/p99/p99.9/max)`,
    [
      'operation',
      'target',
      'from due time',
      'generator late',
      'without that',
      'stolen ms',
      'refused',
    ],
    results.map((r) => [
      r.operation,
      r.target,
      formatPercentiles(r.latency),
      formatPercentiles(r.generatorLag),
      formatPercentiles(r.serverLatency),
      `${r.stolenMs.server.toFixed(0)}+${r.stolenMs.generator.toFixed(0)}`,
      String(r.refused),
    ]),
  );
}

function formatMemory(result: MemoryResult): string {
  const title = `Resident memory of ${result.target}: ${toMib(result.growthBytes)} MiB more at the end than after the first part (wanted < 20)`;
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

/** The other way round than above: so many times what the bare server, and the file key manager, take. */
function formatBackends(results: readonly CpuResult[]): string {
  const onFiles = (operation: string): number =>
    results.find((r) => r.operation === operation && r.target === 'holdfast')?.medianUs ??
    Number.NaN;
  return table(
    "CPU time a request by key manager, children included (wanted: softhsm ≤ 1.6 × bare, openbao ≤ 2 × holdfast's)",
    ['operation', 'target', 'µs', '× bare', '× holdfast'],
    results.map((r) => [
      r.operation,
      r.target,
      r.medianUs.toFixed(0),
      (1 / r.ratio).toFixed(2),
      (r.medianUs / onFiles(r.operation)).toFixed(2),
    ]),
  );
}

function formatAudit({ cpu, latency, verification }: AuditResult): string[] {
  return [
    ...(cpu ? [formatAuditCpu(cpu)] : []),
    ...(latency ? [formatLatency(latency, 50)] : []),
    ...(verification ? [formatVerification(verification)] : []),
  ];
}

/** The other way round than the first table, as for the backends. */
function formatAuditCpu(results: readonly CpuResult[]): string {
  return table(
    "Server's CPU time a request with an audit log (wanted: written ≤ 1.15, synced ≤ 1.25 × without)",
    ['operation', 'target', 'µs', '× without'],
    results.map((r) => [r.operation, r.target, r.medianUs.toFixed(0), (1 / r.ratio).toFixed(2)]),
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
    'Signed callers during attacks, each beside silent connections (wanted: warm p99 < 50 ms or 5 × that without attack,\n' +
      'no failure; 95 % of new connections within 1 s; < 400 MiB)',
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
    `Comparison of ${String(pairs)} calls with CloudTrail on one core (wanted ≥ 25,000 pairs for a second of CPU time; ` +
      `${bytesPerEvent.toFixed(0)} bytes stay in memory of an event, wanted ≤ 300)`,
    ['input', 'pairs/s', 'MiB at most'],
    speeds.map((r) => [r.input, r.medianPerCpuSecond.toFixed(0), toMib(r.residentBytes)]),
  );
}

function formatPercentiles({ p50, p99, p999, max }: Percentiles): string {
  return [p50, p99, p999, max].map((ms) => ms.toFixed(2)).join(' / ');
}

function toMib(bytes: number): string {
  return (bytes / BYTES_PER_MIB).toFixed(1);
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((l) => l[column]?.length ?? 0)));
  const body = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...body.map((line) => `  ${line}`)].join('\n');
}

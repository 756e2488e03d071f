import type { KeyStartsResult } from './measurements/key-starts.js';
import type { LogStartsResult } from './measurements/log-starts.js';
import type { ManyKeysResult } from './measurements/many-keys.js';
import type { ReplicasCpuResult } from './measurements/replicas-cpu.js';
import { table, toMib } from './report-table.js';

/** Tells CPU time by the state store, and of two replicas. */
export function formatReplicasCpu(results: readonly ReplicasCpuResult[]): string {
  return table(
    'CPU time a request by the state store, and of two replicas (medians of rounds and of their\n' +
      'ratios; wanted: ÷ files ≤ 1.05, two ÷ one ≤ 1.05)',
    [
      'operation',
      'files µs',
      'PostgreSQL µs',
      '÷ files',
      'two replicas µs',
      '÷ one',
      '÷ two apart',
    ],
    results.map((r) => [
      r.operation,
      r.filesUs.toFixed(1),
      r.oneUs.toFixed(1),
      r.oneToFiles.toFixed(3),
      r.twoUs.toFixed(1),
      r.twoToOne.toFixed(3),
      r.twoToApart.toFixed(3),
    ]),
  );
}

/** Tells how changes reach another replica. */
export function formatManyKeys({
  keys,
  changes,
  refused,
  requests,
  reach,
}: ManyKeysResult): string {
  const title =
    `${String(changes)} changes reach another replica, while the one that makes them answers ` +
    `1,000 requests a second\n(${String(refused)} of ${String(requests)} refused) and has ` +
    `${String(keys)} keys (wanted p99 < 500 ms)`;
  const row = [reach.p50, reach.p99, reach.max].map((ms) => ms.toFixed(0));
  return table(title, ['p50 ms', 'p99 ms', 'max ms'], [row]);
}

/** Tells starts by the number of keys. */
export function formatKeyStarts(results: readonly KeyStartsResult[]): string {
  const emptyBytes = (store: string) =>
    results.find((r) => r.store === store && r.keys === 0)?.medianResidentBytes ?? Number.NaN;
  return table(
    'Starts by the number of keys (medians; wanted with 10,000: < 5 s, < 40 MiB more)',
    ['state', 'keys', 'start ms', 'MiB', 'MiB more', 'MiB of each'],
    results.map((r) => [
      r.store,
      String(r.keys),
      r.medianStartMs.toFixed(0),
      toMib(r.medianResidentBytes),
      toMib(r.medianResidentBytes - emptyBytes(r.store)),
      r.residentBytes.map(toMib).join(' '),
    ]),
  );
}

/** Tells starts by the length of the audit log. */
export function formatLogStarts(results: readonly LogStartsResult[]): string {
  const [empty] = results;
  const emptyBytes = empty?.medianResidentBytes ?? Number.NaN;
  return table(
    'Starts by the length of an audit log that was never read for destructions (medians)',
    ['log MB', 'destroyed keys', 'start ms', 'MiB', 'MiB more', 'ms of each'],
    results.map((r) => [
      (r.logBytes / 1_000_000).toFixed(0),
      String(r.destroyed),
      r.medianStartMs.toFixed(0),
      toMib(r.medianResidentBytes),
      toMib(r.medianResidentBytes - emptyBytes),
      r.startMs.map((ms) => ms.toFixed(0)).join(' '),
    ]),
  );
}

import type { AuthorizationResult } from './measurements/authorization.js';
import type { CpuResult } from './measurements/cpu.js';
import { table } from './report-table.js';
import { median } from './statistics.js';
import { PLAIN } from './targets/index.js';

/** Lays out what decisions take in this process. */
export function formatAuthorization(results: readonly AuthorizationResult[]): string {
  const title =
    'Decisions of policies in this process, in µs: remembered, and by Cedar. Wanted: p50 < 15 µs ' +
    'remembered with 200 policies. A key store without policies decides nothing';
  return table(
    title,
    ['policies', 'in question', 'remembered p50', 'p99', 'by Cedar p50', 'p99'],
    results.map(({ policies, inQuestion, cached, uncached }) => [
      ...[String(policies), inQuestion, cached.p50.toFixed(1), cached.p99.toFixed(1)],
      ...[uncached.p50.toFixed(1), uncached.p99.toFixed(1)],
    ]),
  );
}

/** Lays out what decisions add to a request in a server. */
export function formatPoliced(results: readonly CpuResult[]): string {
  return table(
    "Server's CPU time a request with remembered decisions of policies and without policies, in\n" +
      'alternating rounds (median of rounds, and of the differences of neighbours; wanted: < 15 µs more)',
    ['operation', 'target', 'µs', 'more than holdfast'],
    results.map(({ operation, target, roundsUs, medianUs }) => {
      const plain = results.find((r) => r.operation === operation && r.target === PLAIN.name);
      const more = roundsUs.map((us, round) => us - (plain?.roundsUs[round] ?? Number.NaN));
      return [operation, target, medianUs.toFixed(0), median(more).toFixed(1)];
    }),
  );
}

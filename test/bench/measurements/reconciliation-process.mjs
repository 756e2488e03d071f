// One comparison of the built program, in a process of its own: what it costs, as JSON.
import { EventIndex } from '../../../dist/evidence/reconciliation/event-index.js';
import { readCloudTrail } from '../../../dist/evidence/reconciliation/cloudtrail/read-cloudtrail.js';
import { recordsOf } from '../../../dist/evidence/reconciliation/log-survey.js';
import { reconcile } from '../../../dist/evidence/reconciliation/reconcile.js';
import { UsedCalls } from '../../../dist/evidence/reconciliation/used-calls.js';

const [what, cloudTrail = '', log = ''] = process.argv.slice(2);
const period = { from: undefined, to: undefined };
const result = what === 'memory' ? await measureMemory() : await measureSpeed();
console.log(JSON.stringify(result));

async function measureSpeed() {
  const result = await reconcile({
    cloudTrail: [cloudTrail],
    logs: [log],
    period,
    customKeyStores: [],
    collectedAt: undefined,
    clock: Date,
  });
  const { user, system } = process.cpuUsage();
  return {
    verdict: result.verdict,
    pairs: result.matched.calls,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Measures what stays in memory, with everything matched. Needs --expose-gc. */
async function measureMemory() {
  const before = usedBytes();
  const index = new EventIndex();
  const { coverage } = await readCloudTrail([cloudTrail], (event) => {
    index.add(event);
  });
  const calls = new UsedCalls({ index, coverage, period, collectedAt: Date.now() });
  for await (const record of recordsOf(log)) calls.add(record, log);
  const bytes = usedBytes() - before;
  const pairs = calls.result().matched.calls;
  return { verdict: 'matched', pairs, bytesPerEvent: bytes / index.size };
}

function usedBytes() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

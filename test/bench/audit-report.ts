/**
 * Measures `holdfast audit report` with verification on a log of its own making: see
 * docs/audit-reports.md.
 *
 *     node --import tsx test/bench/audit-report.ts --records 2000000
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { writeSyntheticLog } from './synthetic-log.js';

const ROUNDS = 3;
/** Prints the CPU time and the memory of the program on standard error when it ends. */
const USAGE =
  'data:text/javascript,process.on("exit",()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();' +
  'process.stderr.write("\\n"+JSON.stringify([(u+s)/1e6,m/1024]))})';

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '1000000' },
      /** How many different keys, and principals, there are. */
      keys: { type: 'string', default: '200' },
      principals: { type: 'string', default: '400' },
      /** Another build's dist/cli/main.js. */
      program: { type: 'string' },
    },
  });
  const [records, keys, principals] = [values.records, values.keys, values.principals].map(Number);
  if (values.program === undefined) await ensureBuilt();
  const program =
    values.program ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    console.log(`Writing a log of ${String(records)} records in ${folder} …`);
    const log = await writeSyntheticLog(folder, records ?? 0, {
      keys: keys ?? 0,
      principals: principals ?? 0,
    });
    const key = ['--log', folder, '--public-key', log.publicKey];
    const period = ['--from', '2026-01-01', '--to', '2027-01-01', '--format', 'json'];
    for (let round = 0; round < ROUNDS; round += 1) {
      print('verify', log.records, run(program, ['audit', 'verify', ...key]));
      print('report', log.records, run(program, ['audit', 'report', ...key, ...period]));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(program: string, args: readonly string[]): Run {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', USAGE, program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const seconds = (performance.now() - begun) / 1000;
  if (status !== 0) throw new Error(stderr);
  const usage = stderr.split('\n').find((line) => line.startsWith('['));
  const [cpuSeconds = 0, mebibytes = 0] = JSON.parse(usage ?? '[]') as number[];
  return { seconds, cpuSeconds, mebibytes };
}

function print(what: string, records: number, { seconds, cpuSeconds, mebibytes }: Run): void {
  const rate = Math.round(records / seconds).toLocaleString('en-US');
  const perRecord = ((cpuSeconds / records) * 1e6).toFixed(1);
  console.log(
    `${what}: ${rate} records/s, ${seconds.toFixed(1)} s, ${perRecord} µs of CPU a record, ` +
      `${mebibytes.toFixed(0)} MiB`,
  );
}

await main();

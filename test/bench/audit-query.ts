/**
 * Measures `holdfast audit query` on a log of its own making, which stays in `.cache` for the next
 * time: see docs/audit-search.md.
 *
 *     node --import tsx test/bench/audit-query.ts --records 10000000
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { median } from './statistics.js';
import { type SyntheticLog, writeSyntheticLog } from './synthetic-log.js';

const ROUNDS = 5;
const CACHE = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
const KIB_PER_MIB = 1024;
/** Of `MEAN_INTERVAL_MS` in the synthetic log: an hour has 720,000 records. */
const HOUR_MS = 3_600_000;
/** Prints the peak of the program's memory in KiB on standard error when it ends. */
const USAGE =
  'data:text/javascript,process.on("exit",()=>' +
  'process.stderr.write("\\n"+process.resourceUsage().maxRSS))';

interface Run {
  readonly seconds: number;
  readonly lines: number;
  readonly mebibytes: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '1000000' },
      /** Another build's dist/cli/main.js. */
      program: { type: 'string' },
    },
  });
  const records = Number(values.records);
  if (!Number.isSafeInteger(records) || records < 1) throw new Error('--records: a number from 1');
  if (values.program === undefined) await ensureBuilt();
  const program =
    values.program ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const { folder, log } = await syntheticLog(records);
  await measure(new Program(program, folder), log);
}

/** Takes the log of an earlier run, or makes one. What was not made whole has no description. */
async function syntheticLog(
  records: number,
): Promise<{ readonly folder: string; readonly log: SyntheticLog }> {
  const folder = join(CACHE, `audit-log-${String(records)}`);
  const description = `${folder}.json`;
  if (existsSync(description) && existsSync(folder)) {
    return { folder, log: JSON.parse(readFileSync(description, 'utf8')) as SyntheticLog };
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`Writing a log of ${String(records)} records in ${folder} …`);
  const log = await writeSyntheticLog(folder, records);
  writeFileSync(description, JSON.stringify(log));
  return { folder, log };
}

async function measure(program: Program, log: SyntheticLog): Promise<void> {
  const gigabytes = (log.bytesOnDisk / 1e9).toFixed(2);
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(
    `${String(log.records)} records, ${String(log.segments)} segments, ${gigabytes} GB on disk, ` +
      `load ${load.join(' ')}\n\n` +
      '| | Time (median) | Longest | Peak memory | Records found |\n' +
      '| --- | --- | --- | --- | --- |',
  );
  const middle = (log.firstMs + log.lastMs) / 2;
  const hour = [-0.5, 0.5].map((hours) => new Date(middle + hours * HOUR_MS).toISOString());
  const window = ['--from', hour[0] ?? '', '--to', hour[1] ?? ''];
  const principal = ['--principal', 'arn:aws:iam::111122223333:role/service-7'];
  await report(program, 'holdfast --version', log, () => undefined);
  await report(program, 'request id', log, (id) => ['--request-id', id]);
  await report(program, 'request id that is nowhere', log, () => ['--request-id', 'no-such-id']);
  await report(program, 'sequence', log, (_, round) => [
    '--where',
    `sequence=${Math.floor((log.records / ROUNDS) * round)}`,
  ]);
  await report(program, 'first 100 errors of a key', log, () => [
    ...['--key', 'key-7', '--error', 'DependencyTimeoutException', '--limit', '100'],
  ]);
  await report(program, 'request id, in an hour', log, (id) => ['--request-id', id, ...window]);
  await report(program, 'one principal, in an hour', log, () => [...principal, ...window]);
}

async function report(
  program: Program,
  title: string,
  { requestIds }: SyntheticLog,
  args: (requestId: string, round: number) => readonly string[] | undefined,
): Promise<void> {
  const runs: Run[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = args(requestIds[round % requestIds.length] ?? '', round);
    runs.push(await (asked === undefined ? program.version() : program.query('--jsonl', ...asked)));
  }
  const seconds = runs.map((run) => run.seconds);
  const lines = runs.map((run) => run.lines);
  const peak = Math.max(...runs.map((run) => run.mebibytes));
  console.log(
    `| ${title} | ${median(seconds).toFixed(2)} s | ${Math.max(...seconds).toFixed(2)} s ` +
      `| ${peak.toFixed(0)} MiB | ${String(median(lines))} |`,
  );
}

/** The program as a person runs it: each time includes its start. */
class Program {
  readonly #file: string;
  readonly #log: string;

  constructor(file: string, log: string) {
    this.#file = file;
    this.#log = log;
  }

  version(): Promise<Run> {
    return this.#run(['--version']);
  }

  query(...args: readonly string[]): Promise<Run> {
    return this.#run(['audit', 'query', '--log', this.#log, ...args]);
  }

  #run(args: readonly string[]): Promise<Run> {
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 1 << 30 };
      const program = ['--import', USAGE, this.#file, ...args];
      execFile(process.execPath, program, options, (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr, { cause: error }));
        const seconds = (performance.now() - begun) / 1000;
        const mebibytes = Number(stderr.split('\n').at(-1)) / KIB_PER_MIB;
        resolve({ seconds, lines: stdout.split('\n').length - 1, mebibytes });
      });
    });
  }
}

await main();

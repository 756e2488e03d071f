/**
 * Measures `holdfast audit query` on a log of its own making: see docs/audit-search.md.
 *
 *     node --import tsx test/bench/audit-query.ts --records 10000000
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { median } from './statistics.js';
import { type SyntheticLog, writeSyntheticLog } from './synthetic-log.js';

const ROUNDS = 5;

interface Run {
  readonly seconds: number;
  readonly lines: number;
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
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    console.log(`Writing a log of ${records} records in ${folder} …`);
    const log = await writeSyntheticLog(folder, records);
    await measure(new Program(program, folder), log);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(program: Program, log: SyntheticLog): Promise<void> {
  console.log(`${log.segments} segments, ${(log.bytesOnDisk / 1e9).toFixed(2)} GB on disk`);
  const at = (share: number): string =>
    new Date(log.firstMs + share * (log.lastMs - log.firstMs)).toISOString();
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
  await report(program, 'one principal, a 1/1000 of the time', log, () => [
    ...['--principal', 'arn:aws:iam::111122223333:role/service-7'],
    ...['--from', at(0.5), '--to', at(0.501)],
  ]);
  await report(program, 'the same, --trust-clock', log, () => [
    ...['--principal', 'arn:aws:iam::111122223333:role/service-7', '--trust-clock'],
    ...['--from', at(0.5), '--to', at(0.501)],
  ]);
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
  console.log(
    `${median(seconds).toFixed(3)} s (at most ${Math.max(...seconds).toFixed(3)})  ${title}: ` +
      `${median(lines)} records`,
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
      execFile(process.execPath, [this.#file, ...args], options, (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr, { cause: error }));
        const seconds = (performance.now() - begun) / 1000;
        resolve({ seconds, lines: stdout.split('\n').length - 1 });
      });
    });
  }
}

await main();

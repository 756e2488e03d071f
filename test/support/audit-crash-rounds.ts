import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditConfig } from '../../src/audit/config.js';
import { type Answer, loadUntilKilled } from './audit-crash-load.js';
import { type Inspection, type Traces, WatchedLog } from './audit-crash-log.js';
import { HoldfastProcess } from './holdfast-process.js';
import { quickstartConfiguration, startHoldfast } from './holdfast-server.js';

/** Segments and checkpoints are so small that many begin and end within a round. */
const SEGMENTS = { maxBytes: 64 * 1024, compressAfterMs: 0 };
const CHECKPOINTS = { everyRecords: 50, everyMs: 100 };
/** Of load. What was closed is compressed just after the start, so half of the kills come early. */
const EARLY_MS = 60;
const LATE_MS = 900;
/** About as long as compressing what one round has left. */
const COMPRESSION_MS = 20;

/** What rounds have come to so far, in one folder. */
export interface CrashTally {
  /** Kills under load. */
  readonly rounds: number;
  /** Kills amid the start, in addition. */
  readonly killsAmidStart: number;
  readonly answers: number;
  /** Of them: not a success. */
  readonly refusals: number;
  /** After how many kills a trace of it was found. */
  readonly traces: Readonly<Record<keyof Traces, number>>;
}

/**
 * A server with an audit log, in one state folder, that is killed again and again with SIGKILL, and
 * an observer who looks at what is left each time.
 */
export class CrashRounds {
  readonly #stateDirectory: string;
  readonly #log: WatchedLog;
  readonly #answers: Answer[] = [];
  readonly #traces = { tornRecord: 0, emptySegment: 0, halfCompressed: 0, tornCheckpoint: 0 };
  #rounds = 0;
  #killsAmidStart = 0;
  #startMs = 0;

  /** @param folder mode 0700, empty */
  constructor(folder: string) {
    this.#stateDirectory = join(folder, 'state');
    mkdirSync(this.#stateDirectory, { mode: 0o700 });
    this.#log = new WatchedLog(
      join(this.#stateDirectory, 'audit'),
      join(folder, 'kept-checkpoints'),
    );
  }

  get tally(): CrashTally {
    return {
      rounds: this.#rounds,
      killsAmidStart: this.#killsAmidStart,
      answers: this.#answers.length,
      refusals: this.#answers.filter(({ status }) => status !== 200).length,
      traces: { ...this.#traces },
    };
  }

  /**
   * Starts the server, loads it, kills it at a random moment, and looks at its log as the kill has
   * left it. One time in three, the start before it is killed, too.
   */
  async round(durability: AuditConfig['durability']): Promise<Inspection> {
    if (this.#rounds > 0 && randomInt(3) === 0) await this.#killAmidStart();
    const startedAt = performance.now();
    const server = await this.#start(durability);
    this.#startMs = performance.now() - startedAt;
    let isKilled = false;
    const load = loadUntilKilled(server, this.#answers, () => isKilled);
    // Two of four, so that both are met with each durability.
    const isEarly = this.#rounds % 4 < 2;
    const loadMs = isEarly ? randomInt(EARLY_MS) : randomInt(EARLY_MS, LATE_MS);
    try {
      await Promise.race([load, sleep(loadMs)]);
    } finally {
      isKilled = true;
      await server.kill();
    }
    await load;
    this.#rounds += 1;
    return this.#look();
  }

  /** Starts the server once more and stops it as it should be: then everything is signed. */
  async finish(): Promise<Inspection> {
    const server = await this.#start('synced');
    const code = await server.stop();
    const inspection = await this.#log.inspect(this.#answers, false);
    const { unsignedRecords } = inspection.report;
    const problems = [
      ...(code === 0 ? [] : [`The server has stopped with ${code}.`]),
      ...(unsignedRecords === 0 ? [] : [`${unsignedRecords} records are not signed after a stop.`]),
    ];
    return { ...inspection, problems: [...inspection.problems, ...problems] };
  }

  #start(durability: AuditConfig['durability']) {
    const configuration = quickstartConfiguration();
    const audit = { ...(configuration['audit'] as object), durability };
    return startHoldfast({
      stateDirectory: this.#stateDirectory,
      configuration: {
        ...configuration,
        audit: { ...audit, segments: SEGMENTS, checkpoints: CHECKPOINTS },
      },
    });
  }

  /** With the configuration of the round before; every other time while segments are compressed. */
  async #killAmidStart(): Promise<void> {
    const file = join(this.#stateDirectory, 'holdfast.yaml');
    const server = new HoldfastProcess({ ...process.env, HOLDFAST_CONFIG: file });
    if (randomInt(2) === 0) await sleep(randomInt(Math.ceil(this.#startMs)));
    else await this.#amidCompression();
    const end = await server.end('SIGKILL');
    if (end !== 'SIGKILL') throw new Error(`the server has ended by itself:\n${server.log()}`);
    this.#killsAmidStart += 1;
    await this.#countTraces();
  }

  /** Or, where there is nothing to compress, after about the time of a start. */
  async #amidCompression(): Promise<void> {
    const giveUpAt = performance.now() + this.#startMs;
    while (!this.#isCompressing() && performance.now() < giveUpAt) await sleep(1);
    await sleep(randomInt(COMPRESSION_MS));
  }

  #isCompressing(): boolean {
    return readdirSync(this.#log.directory).some((name) => name.endsWith('.gz.tmp'));
  }

  async #look(): Promise<Inspection> {
    await this.#countTraces();
    return this.#log.inspect(this.#answers, true);
  }

  async #countTraces(): Promise<void> {
    const traces = await this.#log.traces();
    this.#traces.tornRecord += Number(traces.tornRecord);
    this.#traces.emptySegment += Number(traces.emptySegment);
    this.#traces.halfCompressed += Number(traces.halfCompressed);
    this.#traces.tornCheckpoint += Number(traces.tornCheckpoint);
  }
}

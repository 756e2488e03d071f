import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { AuditLog } from '../../src/audit/log/audit-log.js';
import type { AuditLogPorts } from '../../src/audit/log/log-ports.js';
import { openLog } from '../../src/audit/log/open-log.js';
import { Payloads } from '../../src/audit/log/payloads.js';
import { LogFolder } from '../../src/audit/read/log-folder.js';
import type { SinkConfig } from '../../src/audit/sinks/config.js';
import { SinkSet } from '../../src/audit/sinks/sink-set.js';
import type { AuditSink } from '../../src/audit/sinks/sink.js';
import { systemClock } from '../../src/shared/clock.js';
import { noteSigner } from '../../src/transparency-log/signed-note.js';

const { privateKey } = generateKeyPairSync('ed25519');
const signer = noteSigner('log.example/test', privateKey);
const payloads = new Payloads('replica-1', systemClock);

/** What a test wants to be different about the log. */
export type LogLimits = Partial<Pick<AuditLogPorts, 'segments' | 'checkpoints'>>;

/** A log in a folder of the test's, and its sinks. */
export class ShippedLog {
  readonly directory: string;
  readonly #sinks: SinkSet;
  /** Gaps that were told, as `sink first last`. */
  readonly gaps: string[];
  /** What was logged, with its level. */
  readonly logged: readonly string[];
  /** What went to standard output. */
  readonly stdout: readonly string[];
  readonly #log: AuditLog;

  private constructor(
    parts: Pick<ShippedLog, 'directory' | 'gaps' | 'logged' | 'stdout'>,
    { log, sinks }: { readonly log: AuditLog; readonly sinks: SinkSet },
  ) {
    this.directory = parts.directory;
    this.#sinks = sinks;
    this.gaps = parts.gaps;
    this.logged = parts.logged;
    this.stdout = parts.stdout;
    this.#log = log;
  }

  /** Continues the log in the folder, or begins one. */
  static async open(
    directory: string,
    configs: readonly SinkConfig[],
    limits: LogLimits = {},
  ): Promise<ShippedLog> {
    const parts = {
      directory,
      gaps: [] as string[],
      logged: [] as string[],
      stdout: [] as string[],
    };
    const sinks = new SinkSet({
      directory,
      clock: systemClock,
      logger: pino({ base: null }, { write: (line: string) => void parts.logged.push(line) }),
      stdout: { write: (line) => void parts.stdout.push(line) },
      onGap: (sink, first, last) => void parts.gaps.push(`${sink} ${first} ${last}`),
    });
    sinks.changeTo(configs);
    const common = { directory, durability: 'written', clock: systemClock } as const;
    const { position } = await openLog(await LogFolder.list(directory), {
      ...common,
      key: signer.verifierKey,
      everyRecords: 10_000,
      everyMs: 60_000,
    });
    const listener: AuditLogPorts['listener'] = {
      committed: (lines) => {
        sinks.committed(lines);
      },
      checkpoint: (note) => {
        sinks.checkpoint(note);
      },
      failed: (error) => {
        throw error;
      },
      inDoubt: (error) => {
        throw error;
      },
      full: (error) => {
        throw error;
      },
    };
    const log = new AuditLog(
      {
        ...common,
        segments: { maxBytes: 64 * 1024 * 1024, maxAgeMs: 86_400_000 },
        checkpoints: { everyRecords: 1_000_000, everyMs: 86_400_000 },
        ...limits,
        signer,
        payloads,
        listener,
      },
      position,
    );
    return new ShippedLog(parts, { log, sinks });
  }

  get sinks(): readonly AuditSink[] {
    return this.#sinks.all;
  }

  /** Replaces the sinks, as a reload does. */
  changeSinks(configs: readonly SinkConfig[]): void {
    this.#sinks.changeTo(configs);
  }

  get size(): number {
    return this.#log.size;
  }

  /**
   * Adds records.
   *
   * @param bytes of each, about
   */
  async add(count: number, bytes = 300): Promise<void> {
    const file = 'x'.repeat(bytes);
    for (let left = count; left > 0; left -= 1_000) {
      const some = Array.from({ length: Math.min(left, 1_000) }, () => this.#append(file));
      await Promise.all(some);
    }
  }

  /** Signs the log as it is. */
  async sign(): Promise<void> {
    await this.#log.sign();
  }

  /** Ends in order: the log first. */
  async close(): Promise<void> {
    await this.#log.close();
    await this.closeSinks();
  }

  async closeSinks(): Promise<void> {
    await this.#sinks.close();
  }

  /** Every line of the log, without its line feed. */
  async lines(): Promise<readonly string[]> {
    const { segments } = await LogFolder.list(this.directory);
    return segments.flatMap(({ path, compressed }) => {
      const bytes = readFileSync(path);
      const text = (compressed ? gunzipSync(bytes) : bytes).toString('latin1');
      return text.split('\n').slice(0, -1);
    });
  }

  #append(file: string): Promise<number> {
    return this.#log.append(
      payloads.of('configuration', {
        file,
        sha256: '0'.repeat(64),
        audit: { durability: 'written', onAuditFailure: 'refuse', sinks: [] },
        keyManagers: [],
        keyStores: [],
      }),
    );
  }
}

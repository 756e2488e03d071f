import { isDeepStrictEqual } from 'node:util';
import type { SinkConfig } from './config.js';
import { createSink, type SinkPorts } from './create.js';
import type { AuditSink } from './sink.js';

/** A sink, and what the configuration says of it. */
interface OpenSink {
  readonly config: SinkConfig;
  readonly sink: AuditSink;
}

/**
 * The sinks of a log, which may be others from one moment to the next. A sink begins with the first
 * lines that it is told of, at the place that one of its name has kept in the folder of the log.
 */
export class SinkSet {
  readonly #ports: SinkPorts;
  readonly #open = new Map<string, OpenSink>();
  /** Sinks that deliver what they still can, by name. Another one of the name waits for them. */
  readonly #ending = new Map<string, Promise<void>>();
  #configs: readonly SinkConfig[] = [];
  #isClosed = false;

  constructor(ports: SinkPorts) {
    this.#ports = ports;
  }

  /** Those at work, in configured order. */
  get all(): readonly AuditSink[] {
    return this.#configs.flatMap(({ name }) => this.#open.get(name)?.sink ?? []);
  }

  /** Tells them of lines that have become part of the log. */
  committed(lines: Buffer): void {
    for (const { sink } of this.#open.values()) sink.committed(lines);
  }

  /** Tells them of a checkpoint that has been signed. */
  checkpoint(note: string): void {
    for (const { sink } of this.#open.values()) sink.checkpoint(note);
  }

  /** Replaces them by others. Those that are configured alike go on. */
  changeTo(configs: readonly SinkConfig[]): void {
    this.#configs = configs;
    for (const [name, { config, sink }] of this.#open) {
      if (configs.some((each) => isDeepStrictEqual(each, config))) continue;
      this.#open.delete(name);
      const ending = sink.close().then(() => {
        this.#ending.delete(name);
        this.#openMissing();
      });
      this.#ending.set(name, ending);
    }
    this.#openMissing();
  }

  /** Lets all deliver what they still can, within a few seconds. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closing = [...this.#open.values()].map(({ sink }) => sink.close());
    await Promise.all([...closing, ...this.#ending.values()]);
  }

  #openMissing(): void {
    if (this.#isClosed) return;
    for (const config of this.#configs) {
      const { name } = config;
      if (this.#open.has(name) || this.#ending.has(name)) continue;
      this.#open.set(name, { config, sink: createSink(config, this.#ports) });
    }
  }
}

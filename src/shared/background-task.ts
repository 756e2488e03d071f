import { messageOf } from './reason-of.js';
import type { OperatorLog } from './operator-log.js';
import { Rounds } from './rounds.js';

/** The parts of a task. */
export interface BackgroundTaskPorts {
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  readonly log: OperatorLog;
  /** The line of the log for a failure, after which the task is tried again. */
  readonly whenFailed: string;
}

/** Rounds of work that may fail, and of which the last comes when it is stopped. */
export class BackgroundTask {
  readonly #ports: BackgroundTaskPorts;
  readonly #rounds: Rounds;
  #lastFailure: string | undefined;

  constructor(ports: BackgroundTaskPorts) {
    this.#ports = ports;
    this.#rounds = new Rounds(ports.everyMs, () => this.#run());
  }

  /** Begins; the process does not stay for it. */
  start(): void {
    this.#rounds.start();
  }

  /** Does it now, or waits for what is under way. Never rejects. */
  run(): Promise<void> {
    return this.#rounds.run();
  }

  /** Does it once more, and no more after that. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#rounds.run();
  }

  async #run(): Promise<void> {
    const { work, log, whenFailed } = this.#ports;
    try {
      await work();
      this.#lastFailure = undefined;
    } catch (error) {
      const message = messageOf(error);
      // Once is enough while it stays the same.
      if (message !== this.#lastFailure) log.warn({ err: error }, whenFailed);
      this.#lastFailure = message;
    }
  }
}

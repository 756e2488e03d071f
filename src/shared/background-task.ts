import { messageOf } from './reason-of.js';
import type { OperatorLog } from './operator-log.js';

/** The parts of a task. */
export interface BackgroundTaskPorts {
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  readonly log: OperatorLog;
  /** The line of the log for a failure, after which the task is tried again. */
  readonly whenFailed: string;
}

/** Work that is done again and again in the background, never twice at once. */
export class BackgroundTask {
  readonly #ports: BackgroundTaskPorts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #lastFailure: string | undefined;

  constructor(ports: BackgroundTaskPorts) {
    this.#ports = ports;
  }

  /** Begins; the process does not stay for it. */
  start(): void {
    this.#timer = setInterval(() => void this.run(), this.#ports.everyMs).unref();
  }

  /** Does it now, or waits for what is under way. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Does it once more, and no more after that. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    await this.run();
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

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporaryFiles } from '../durable/atomic-write.js';
import { makePrivateFolder } from '../durable/private.js';
import { namesIn } from '../durable/names-in.js';
import { ifThere } from '../shared/errno.js';
import type { OperatorLog } from '../shared/operator-log.js';

const NUMBER_DIGITS = 12;
const FILE_NAME = /^(?<number>\d{12})\.json$/;

/** The parts of a queue. */
export interface EventQueuePorts {
  readonly folder: string;
  /** Events that may wait, at first. */
  readonly maxEvents: number;
  readonly log: OperatorLog;
  /** Writes a file so that a crash leaves all of it or nothing. */
  readonly writeFile: (path: string, contents: string) => Promise<void>;
  /** Called when the oldest event was given up to make room. */
  readonly onOverflow: () => void;
}

/** An event that waits. */
export interface QueuedEvent {
  readonly number: number;
  readonly body: string;
}

/** An entry of the list of events that wait. */
interface Entry {
  readonly number: number;
  /** Present until it is in its file; for good where that cannot be written. */
  body: string | undefined;
}

/**
 * The events that wait for one webhook, in order: a file each in a folder of their own. What was
 * taken up is on disk within moments, and a crash loses at most what was not yet there.
 */
export class EventQueue {
  readonly #ports: EventQueuePorts;
  readonly #entries: Entry[];
  /** Events that may wait; where more do already, the next one makes room. */
  maxEvents: number;
  #next: number;
  #work: Promise<void> = Promise.resolve();
  #cannotWrite = false;

  private constructor(ports: EventQueuePorts, numbers: readonly number[]) {
    this.#ports = ports;
    this.maxEvents = ports.maxEvents;
    this.#entries = numbers.map((number) => ({ number, body: undefined }));
    this.#next = (numbers.at(-1) ?? 0) + 1;
  }

  /**
   * Opens the queue in a folder, which is made where it is missing.
   *
   * @throws the file system's error
   */
  static async open(ports: EventQueuePorts): Promise<EventQueue> {
    const { folder } = ports;
    await makePrivateFolder(folder);
    await removeTemporaryFiles(folder);
    const numbers = await queuedIn(folder);
    return new EventQueue(
      ports,
      [...numbers].sort((a, b) => a - b),
    );
  }

  /** Number of events that wait. */
  get length(): number {
    return this.#entries.length;
  }

  /** Takes up an event, and gives up the oldest where there is no room. Never waits. */
  add(body: string): void {
    const entry: Entry = { number: this.#next, body };
    this.#next += 1;
    this.#entries.push(entry);
    this.#later(() => this.#store(entry));
    while (this.#entries.length > this.maxEvents) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) break;
      this.#later(() => this.#removeFile(oldest.number));
      this.#ports.onOverflow();
    }
  }

  /**
   * The oldest event, once all that was taken up before is on disk; undefined where none waits. One
   * whose file is gone is passed over.
   *
   * @param after the number of the event that it comes after, in place of the oldest of all
   */
  async first(after = 0): Promise<QueuedEvent | undefined> {
    await this.#work;
    const next = () => this.#entries.find(({ number }) => number > after);
    for (let entry = next(); entry !== undefined; entry = next()) {
      const { number } = entry;
      const body = entry.body ?? (await this.#read(number));
      if (body !== undefined) return { number, body };
      this.remove(number);
    }
    return undefined;
  }

  /** Strikes an event off, because it was delivered or given up. */
  remove(number: number): void {
    const at = this.#entries.findIndex((entry) => entry.number === number);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    this.#later(() => this.#removeFile(number));
  }

  /** Resolves when everything that was asked for until now is on disk. */
  settle(): Promise<void> {
    return this.#work;
  }

  #later(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }

  async #store(entry: Entry): Promise<void> {
    const { body, number } = entry;
    // It may have been given up, or delivered from memory, before its turn to be written.
    if (body === undefined || !this.#entries.includes(entry)) return;
    try {
      await this.#ports.writeFile(this.#pathOf(number), body);
      entry.body = undefined;
      this.#cannotWrite = false;
    } catch (error) {
      this.#complain(error, 'events that wait for a webhook cannot be written, and are in memory');
    }
  }

  async #removeFile(number: number): Promise<void> {
    try {
      await rm(this.#pathOf(number), { force: true });
    } catch (error) {
      this.#complain(error, 'an event that a webhook need not get any more cannot be removed');
    }
  }

  async #read(number: number): Promise<string | undefined> {
    const path = this.#pathOf(number);
    try {
      return await ifThere(readFile(path, 'utf8'));
    } catch (error) {
      this.#ports.log.error({ path, err: error }, 'an event that waits for a webhook is lost');
      return undefined;
    }
  }

  /** Complains of the first failure of many. */
  #complain(error: unknown, message: string): void {
    const { folder, log } = this.#ports;
    if (!this.#cannotWrite) log.error({ folder, err: error }, message);
    this.#cannotWrite = true;
  }

  #pathOf(number: number): string {
    return join(this.#ports.folder, `${String(number).padStart(NUMBER_DIGITS, '0')}.json`);
  }
}

/**
 * Lists the events that wait in a folder, by number; none where there is no folder.
 *
 * @throws the file system's error
 */
export async function queuedIn(folder: string): Promise<readonly number[]> {
  return (await namesIn(folder)).flatMap((name) => {
    const number = FILE_NAME.exec(name)?.groups?.['number'];
    return number === undefined ? [] : [Number(number)];
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { BlackHole } from './black-hole.js';
import { PostgresServer } from './postgres.js';

/** A fault that a pair of servers can have. */
export const FAULTS = [
  'restart',
  'black hole',
  'terminated sessions',
  'cancelled statements',
  'standby restart',
  'failover',
] as const;

/** One of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** A primary and its synchronous standby, and for each client ways of its own to both. */
export class PostgresPair {
  #primary: PostgresServer;
  #standby: PostgresServer;
  readonly #ways: BlackHole[] = [];

  private constructor(primary: PostgresServer, standby: PostgresServer) {
    this.#primary = primary;
    this.#standby = standby;
  }

  /** Starts both. @param prepare makes what is needed on the primary */
  static async launch(
    programs: string,
    prepare: (primary: PostgresServer) => Promise<void>,
  ): Promise<PostgresPair> {
    const primary = await PostgresServer.launch(programs);
    await prepare(primary);
    const standby = await primary.startStandby('other');
    await primary.waitForStandby('other');
    return new PostgresPair(primary, standby);
  }

  /** The server that takes changes now. */
  get primary(): PostgresServer {
    return this.#primary;
  }

  /** Makes addresses of both servers that a fault can cut off by themselves. */
  async addressesForOne(): Promise<readonly string[]> {
    const ways = [
      await BlackHole.before(this.#primary.port),
      await BlackHole.before(this.#standby.port),
    ];
    this.#ways.push(...ways);
    return ways.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Causes a fault, and resolves when both servers are as they should be again. */
  async suffer(fault: Fault): Promise<void> {
    switch (fault) {
      case 'restart':
        await this.#primary.stop('SIGKILL');
        await this.#primary.start();
        return this.#primary.waitForStandby('other');
      case 'standby restart':
        await this.#standby.stop('SIGKILL');
        await pause(300);
        await this.#standby.start();
        return this.#primary.waitForStandby('other');
      case 'black hole':
        return this.#blackHole();
      case 'terminated sessions':
        return this.#endSessions('pg_terminate_backend');
      case 'cancelled statements':
        return this.#endSessions('pg_cancel_backend');
      case 'failover':
        return this.#failOver();
    }
  }

  /** Stops both, and removes their files. */
  async dispose(): Promise<void> {
    for (const way of this.#ways) way.close();
    await this.#primary.dispose();
    await this.#standby.dispose();
  }

  /** Promotes a standby that lacks what was committed in the last moments. */
  async failOverToOneThatLags(): Promise<void> {
    await this.#primary.waitForStandby('');
    await this.#standby.lag();
    await pause(200);
    await this.#failOver();
  }

  /** For the first of the clients alone. */
  async #blackHole(): Promise<void> {
    const cut = this.#ways.slice(0, 2);
    for (const way of cut) way.swallow();
    await pause(700);
    for (const way of cut) way.letThrough();
  }

  async #endSessions(end: string): Promise<void> {
    for (let count = 0; count < 10; count += 1) {
      const sessions = "SELECT pid FROM pg_stat_activity WHERE application_name = 'holdfast'";
      await this.#primary.sql(`SELECT ${end}(pid) FROM (${sessions}) AS holdfast`);
      await pause(20);
    }
  }

  async #failOver(): Promise<void> {
    const former = this.#primary;
    await former.stop('SIGKILL');
    await this.#standby.promote();
    this.#primary = this.#standby;
    await former.dispose();
    this.#standby = await this.#primary.startStandby('other', former.port);
    await this.#primary.waitForStandby('other');
  }
}

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { decryptBody, encryptBody, type EncryptAnswer } from '../../support/xks-requests.js';

const KEY = 'quickstart-key';
const rounds = Number(process.env['HOLDFAST_MOVE_ROUNDS'] ?? 2);

/** A client of a server that counts what fails. */
class Load {
  readonly sealed: EncryptAnswer[] = [];
  readonly failures: string[] = [];
  readonly #client: XksClient;
  #isOver = false;

  constructor(server: HoldfastServer) {
    this.#client = new XksClient(server);
    onTestFinished(() => {
      this.#client.close();
    });
  }

  async encrypt(): Promise<void> {
    const { status, body } = await this.#client.call(`keys/${KEY}/encrypt`, encryptBody());
    if (status === 200) this.sealed.push(JSON.parse(body) as EncryptAnswer);
    else this.failures.push(body);
  }

  async decrypt(sealed: EncryptAnswer): Promise<void> {
    const { status, body } = await this.#client.call(`keys/${KEY}/decrypt`, decryptBody(sealed));
    if (status !== 200) this.failures.push(body);
  }

  /** Encrypts and decrypts until it is told to end. Ends with the server, too. */
  async run(): Promise<void> {
    try {
      while (!this.#isOver) {
        await this.encrypt();
        const some = this.sealed[randomInt(Math.max(1, this.sealed.length))];
        if (some !== undefined) await this.decrypt(some);
      }
    } catch (error) {
      if (!this.#isOver) throw error;
    }
  }

  end(): void {
    this.#isOver = true;
  }
}

/** The quickstart's, with time for a machine that runs all the tests at once. */
const patient = (): ReturnType<typeof quickstartConfiguration> => ({
  ...quickstartConfiguration(),
  deadlineMs: 10_000,
});

const inPlace = (keyManager: object) => {
  const configuration = patient();
  const [configured] = configuration['keyManagers'] as [Record<string, unknown>];
  const { name, masterKey } = configured;
  return { ...configuration, keyManagers: [{ name, masterKey, ...keyManager }] };
};

async function start(stateDirectory: string, configuration: object): Promise<HoldfastServer> {
  const server = await startHoldfast({ stateDirectory, configuration });
  onTestFinished(() => server.kill());
  return server;
}

describe('holdfast keys move', () => {
  it('under load, there and back → no request fails, all opens after each restart, and it is on record', async () => {
    const folder = temporaryFolder();
    const server = await start(folder, patient());
    const load = new Load(server);
    await load.encrypt();
    const running = load.run();
    const moved = await server.holdfast('keys', 'move', 'files', '--to', 'database');
    expect(moved).toMatchObject({ code: 0 });
    const directory = join(folder, 'new-keys');
    const back = await server.holdfast('keys', 'move', 'files', '--to', 'folder', directory);
    expect(back).toMatchObject({ code: 0 });
    const again = await server.holdfast('keys', 'move', 'files', '--to', 'database');
    expect(again).toMatchObject({ code: 0 });
    load.end();
    await running;
    expect(load.failures).toEqual([]);
    await server.stop();
    const audit = await server.holdfast('audit', 'query', '--json');
    expect(audit.stdout.match(/"act":"moveKeys"/g)).toHaveLength(3);
    expect(audit.stdout).toContain(
      JSON.stringify({ keyManager: 'files', to: 'folder', directory }),
    );

    // The folder that was named last leads to the store; so does the store itself.
    for (const keyManager of [{ type: 'file', directory: 'new-keys' }, { type: 'sealed' }]) {
      const next = await start(folder, inPlace(keyManager));
      const reader = new Load(next);
      for (const sealed of load.sealed) await reader.decrypt(sealed);
      await reader.encrypt();
      expect(reader.failures).toEqual([]);
      expect(next.log().includes('configure the key manager')).toBe(keyManager.type === 'file');
      await next.stop();
    }
  });

  it('killed at any moment → the next start serves every key, from one of the places', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const folder = temporaryFolder();
      const server = await start(folder, patient());
      const load = new Load(server);
      for (let made = 0; made < 3; made += 1) await load.encrypt();
      const moving = server.holdfast('keys', 'move', 'files', '--to', 'database');
      // The program takes a third of a second to start and to ask.
      await sleep(250 + randomInt(250));
      await server.kill();
      await moving;
      const next = await start(folder, patient());
      const reader = new Load(next);
      for (const sealed of load.sealed) await reader.decrypt(sealed);
      await reader.encrypt();
      expect(reader.failures).toEqual([]);
      const { code, stderr } = await next.holdfast('keys', 'move', 'files', '--to', 'database');
      expect(code === 0 || stderr.includes('in the state store already')).toBe(true);
      for (const sealed of load.sealed) await reader.decrypt(sealed);
      expect(reader.failures).toEqual([]);
      await next.kill();
    }
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signatureHeaders } from '../../../src/notifications/signature.js';
import { Secret } from '../../../src/shared/secret.js';
import { auditRecords } from '../../support/audit-records.js';
import { repositoryFile } from '../../support/container-files.js';
import { freePort } from '../../support/free-ports.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WEBHOOK_SECRET } from '../../support/webhook-receiver.js';

/** The receiver of docs/notifications.md, as a process. */
class DocumentedReceiver {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(port: number): Promise<DocumentedReceiver> {
    const [, script = ''] =
      /^```js\n(.+?)^```$/ms.exec(repositoryFile('docs/notifications.md')) ?? [];
    const file = join(temporaryFolder(), 'receiver.mjs');
    writeFileSync(file, script);
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET };
    const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const receiver = new DocumentedReceiver(child);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => receiver.lines.push(line));
    onTestFinished(() => receiver.stop());
    await once(lines, 'line');
    return receiver;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** A server whose only webhook is at a port of loopback. */
async function start(port: number, stateDirectory: string): Promise<HoldfastServer> {
  const url = `http://127.0.0.1:${port}/holdfast`;
  const webhooks = [{ name: 'siem', url, secret: '${env:WEBHOOK_SECRET}' }];
  const server = await startHoldfast({
    configuration: { ...quickstartConfiguration(), drainDelayMs: 0, notifications: { webhooks } },
    stateDirectory,
    env: { WEBHOOK_SECRET },
  });
  onTestFinished(() => server.kill());
  return server;
}

describe('a server with a webhook', () => {
  it('that is killed while the receiver is away → its events arrive afterwards', async () => {
    const stateDirectory = temporaryFolder();
    const port = await freePort();
    const first = await start(port, stateDirectory);
    expect(await first.holdfast('keys', 'rotate', 'quickstart-key')).toMatchObject({ code: 0 });
    const untested = await first.holdfast('notify', 'test', 'siem');
    expect(untested).toMatchObject({ code: 1, stdout: '' });
    expect(untested.stderr).toMatch(/siem did not take .*ECONNREFUSED/);
    const { stdout } = await first.holdfast('status');
    expect(stdout).toMatch(/^Webhook siem: +1 waits, nothing taken for/m);
    expect(stdout).toMatch(/- the webhook siem does not take events, 1 waits: .*ECONNREFUSED/);
    await first.kill();

    const receiver = await DocumentedReceiver.start(port);
    const second = await start(port, stateDirectory);
    await vi.waitFor(
      () => {
        expect(receiver.lines.join('\n')).toContain('holdfast.key-rotated');
      },
      { timeout: 10_000 },
    );
    expect(await second.holdfast('notify', 'test', 'siem')).toMatchObject({
      code: 0,
      stdout: 'siem took the test event: it answered 204.\n',
    });
    expect(receiver.lines.at(-1)).toContain('holdfast.notification-test siem');
    await second.stop();
    const records = await auditRecords(join(stateDirectory, 'audit'));
    expect(records.filter(({ type }) => type === 'event')).toMatchObject([
      { event: 'key-rotated', externalKeyId: 'quickstart-key', severity: 'info' },
    ]);
  });
});

describe('the receiver of docs/notifications.md', () => {
  const body = JSON.stringify({ id: 'a', type: 'x', subject: 'y', data: { message: 'z' } });

  it('events that are not as they were signed, or old → 401; others → shown', async () => {
    const port = await freePort();
    const receiver = await DocumentedReceiver.start(port);
    const statuses: Record<string, number> = {};
    const sixMinutesAgo = Date.now() - 360_000;
    for (const [how, request] of Object.entries({
      'as it was signed': signed(Date.now()),
      'the same again': signed(Date.now()),
      'changed on the way': { ...signed(Date.now()), body: `${body} ` },
      'six minutes old': signed(sixMinutesAgo),
      'under another secret': signed(Date.now(), Buffer.alloc(32)),
      'without a signature': { headers: {}, body },
    })) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', ...request });
      statuses[how] = answer.status;
    }
    expect(statuses).toEqual({
      'as it was signed': 204,
      'the same again': 204,
      'changed on the way': 401,
      'six minutes old': 401,
      'under another secret': 401,
      'without a signature': 401,
    });
    expect(receiver.lines).toEqual(['ready', 'x y z']);
  });

  function signed(sentAt: number, key?: Buffer) {
    const secret = key === undefined ? WEBHOOK_SECRET : `whsec_${key.toString('base64')}`;
    return { headers: signatureHeaders({ id: 'a', sentAt, body }, [new Secret(secret)]), body };
  }
});

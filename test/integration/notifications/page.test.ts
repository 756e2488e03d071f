import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { issueCertificate, makeCertificateAuthority } from '../../support/certificates.js';
import { repositoryFile } from '../../support/container-files.js';
import { runAsReader, shellCommands } from '../../support/documented-commands.js';
import { freePorts } from '../../support/free-ports.js';
import { quickstartConfiguration, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PAGE = 'docs/notifications.md';

/** The only block of a language on the page, or the one that begins with a prompt. */
function blockOf(language: 'js' | 'yaml' | '$'): string {
  const begin = language === '$' ? '\\n(?=\\$ )' : `${language}\\n`;
  const block = new RegExp(`^\`\`\`${begin}(.+?)^\`\`\`$`, 'ms').exec(repositoryFile(PAGE));
  return block?.[1] ?? expect.unreachable(`there is no block of ${language}`);
}

/** The page's receiver, started as its first line says, with TLS before it. */
async function receiver(folder: string, secret: string) {
  const [plain = 0, port = 0] = await freePorts(2);
  const file = join(folder, 'receiver.mjs');
  writeFileSync(file, blockOf('js'));
  const env = { ...process.env, PORT: String(plain), WEBHOOK_SECRET: secret };
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    if (child.kill('SIGKILL')) await ended;
  });
  const output = createInterface({ input: child.stdout });
  const lines: string[] = [];
  output.on('line', (line) => lines.push(line));
  await once(output, 'line');
  const authority = await makeCertificateAuthority();
  const names = { commonName: 'receiver', ipAddresses: ['127.0.0.1'] };
  const { certificate: cert, privateKey: key } = await issueCertificate(authority, names);
  const tls = createServer({ cert, key }, (socket) => {
    const inner = connect(plain, '127.0.0.1');
    for (const each of [socket, inner]) each.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  }).listen(port, '127.0.0.1');
  await once(tls, 'listening');
  onTestFinished(() => {
    tls.close();
  });
  const ca = join(folder, 'internal-ca.pem');
  writeFileSync(ca, authority.certificate);
  return { url: `https://127.0.0.1:${port}/holdfast`, ca, lines };
}

it(`${PAGE}: its secret, its configuration, its receiver and its command → the test event arrives`, async () => {
  const folder = temporaryFolder();
  const { code, output } = await runAsReader(shellCommands(PAGE), { folder, ports: [] });
  expect(code, output).toBe(0);
  const secretFile = join(folder, 'webhook-siem.secret');
  expect(statSync(secretFile).mode & 0o777).toBe(0o600);
  const { url, ca, lines } = await receiver(folder, readFileSync(secretFile, 'utf8').trim());

  const places: Readonly<Record<string, string>> = {
    'https://events.example.com/holdfast': url,
    '/etc/holdfast/webhook-siem.secret': secretFile,
    '/etc/holdfast/internal-ca.pem': ca,
  };
  let text = blockOf('yaml');
  for (const [from, to] of Object.entries(places)) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const configuration = { ...quickstartConfiguration(), ...(parse(text) as object) };
  const server = await startHoldfast({ configuration });
  onTestFinished(() => server.kill());
  // Not among the events that the page asks for.
  await server.holdfast('keys', 'rotate', 'quickstart-key');
  const [command = '', ...written] = blockOf('$').trimEnd().split('\n');
  const [program, ...args] = command.replace(/^\$ /u, '').split(' ');
  expect(program).toBe('holdfast');
  const run = await server.holdfast(...args);
  expect(run).toEqual({ code: 0, stdout: `${written.join('\n')}\n`, stderr: '' });
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^holdfast\.notification-test siem /u) as string,
  ]);
});

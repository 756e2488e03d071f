import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished } from 'vitest';
import {
  accessKeyIdOf,
  type ReloadedConfiguration,
  type ReloadedServer,
} from './launch-reloaded.js';

/** The name in the certificate that new handshakes get. */
export async function servedName({ server, authority }: ReloadedServer, port = server.port) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.certificate,
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  return socket.getPeerCertificate().subject.CN;
}

/** Asks a key store for its health. @returns the status of the answer */
export async function health(
  client: ReturnType<ReloadedServer['client']>,
  keyStoreName = 'quickstart',
) {
  const body = { requestMetadata: { kmsRequestId: 'r', kmsOperation: 'KmsHealthCheck' } };
  const uriPath = `/${keyStoreName}/kms/xks/v1`;
  const credential = { ...client.credential, accessKeyId: accessKeyIdOf(keyStoreName) };
  return (await client.call('health', body, { uriPath, credential })).status;
}

/** The first key store with the policies of a folder. */
export function withPolicies({
  keyStores: [first],
}: ReloadedConfiguration): Record<string, unknown> {
  return { ...first, policies: { directory: 'policies' } };
}

/** Writes the policies of {@link withPolicies}. */
export function writePolicy(folder: string, text: string): void {
  mkdirSync(join(folder, 'policies'), { recursive: true });
  writeFileSync(join(folder, 'policies', 'new.cedar'), text);
}

/** A reload that fails, once more: what was in force serves, and everything says why. */
export async function expectRefused(reloaded: ReloadedServer, reason: RegExp, count: number) {
  const { server, client, admin } = reloaded;
  await expect(admin.call('reload', { body: { init: true } })).rejects.toThrow(reason);
  const caller = client();
  expect(await health(caller)).toBe(200);
  caller.close();
  expect(await servedName(reloaded)).toBe('first.example');
  const { generation, lastReload, failedReloads, waiting } = await reloaded.status();
  expect(generation.number).toBe(1);
  expect(lastReload).toMatchObject({ result: 'failure' });
  expect(failedReloads).toEqual([lastReload]);
  expect(lastReload?.reason).toMatch(reason);
  expect(waiting.join()).toMatch(reason);
  const metrics = await (await fetch(`http://127.0.0.1:${server.operationsPort}/metrics`)).text();
  expect(metrics).toContain(`holdfast_reloads_total{result="failure"} ${count}`);
  expect(metrics).toContain('holdfast_reload_failed{of="configuration"} 1');
  const told = () =>
    server
      .log()
      .match(/^.*"msg":"the reload failed.*$/gm)
      ?.at(-1) ?? '';
  await expect.poll(told).toMatch(reason);
}

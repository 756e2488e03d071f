import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Place } from '../../../src/rehearse/proxy.js';
import { Relay } from '../../../src/rehearse/stage/relay.js';

const LOOPBACK = '127.0.0.1';
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server that answers each piece with itself. */
async function startEcho(port = 0): Promise<{ server: Server; place: Place }> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  ends.push(() => void server.close());
  return { server, place: { address: LOOPBACK, port: (server.address() as AddressInfo).port } };
}

async function startRelay(target: Place): Promise<Relay> {
  const relay = await Relay.start(target);
  ends.push(() => relay.cut());
  return relay;
}

/** Sends a word and its end. @returns what came back, or the code of the error */
async function ask({ address, port }: Place, word = 'hello'): Promise<string> {
  const socket = connect({ host: address, port });
  socket.end(word);
  try {
    let answer = '';
    for await (const piece of socket) answer += String(piece);
    return answer;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no error';
  }
}

it('passes bytes and ends on in both directions', async () => {
  const { place } = await startEcho();
  const relay = await startRelay(place);
  const long = 'x'.repeat(300_000);
  expect(await ask(relay.place, long)).toBe(long);
});

it('cut → ends connections and refuses new ones; restored → takes them at the same place', async () => {
  const { place } = await startEcho();
  const relay = await startRelay(place);
  const before = relay.place;
  const open = connect({ host: before.address, port: before.port });
  open.write('hello');
  await once(open, 'data');
  const closed = once(open, 'close');
  await relay.cut();
  await closed;
  expect(await ask(before)).toBe('ECONNREFUSED');
  await relay.restore();
  expect(relay.place).toEqual(before);
  expect(await ask(before)).toBe('hello');
});

it('proxy away → refuses connections as the proxy does, and takes them when it is back', async () => {
  const { server, place } = await startEcho();
  const relay = await startRelay(place);
  server.close();
  await once(server, 'close');
  expect(await ask(relay.place)).toBe('ECONNRESET');
  expect(await ask(relay.place)).toBe('ECONNREFUSED');
  const other = await startEcho();
  relay.leadTo(other.place);
  while ((await ask(relay.place)) !== 'hello') await sleep(5);
});

it('cut while the proxy is away → stays cut when it is back', async () => {
  const { server, place } = await startEcho();
  const relay = await startRelay(place);
  server.close();
  await once(server, 'close');
  expect(await ask(relay.place)).toBe('ECONNRESET');
  await relay.cut();
  await startEcho(place.port);
  expect(await ask(relay.place)).toBe('ECONNREFUSED');
});

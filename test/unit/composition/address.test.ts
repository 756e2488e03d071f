import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Endpoint, formatAddress, listenAt } from '../../../src/composition/address.js';

const endpoint: Endpoint = {
  what: 'The listener xks',
  host: '127.0.0.1',
  port: 8443,
  path: 'listeners[0]',
  variable: 'HOLDFAST_PORT',
};

function failing(code: string): () => Promise<AddressInfo> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

describe('an address that cannot be had', () => {
  it.each([
    [
      'EADDRINUSE',
      'The listener xks cannot start: 127.0.0.1:8443 is in use. Choose another port with HOLDFAST_PORT or listeners[0].port.',
    ],
    ['EACCES', 'HOLDFAST_PORT or listeners[0].port, or give the process the capability'],
    [
      'EADDRNOTAVAIL',
      '127.0.0.1 is no address of this machine. Choose another with listeners[0].host.',
    ],
    ['ENOTFOUND', 'there is no host called 127.0.0.1. Choose another with listeners[0].host.'],
    ['EMFILE', 'The listener xks cannot start on 127.0.0.1:8443.'],
  ])('%s → why, and what to change', async (code, message) => {
    await expect(listenAt(endpoint, failing(code))).rejects.toThrow(message);
  });

  it('no variable overrides the port → none is named', async () => {
    const { what, host, port } = endpoint;
    const second = { what, host, port, path: 'listeners[1]' };
    await expect(listenAt(second, failing('EADDRINUSE'))).rejects.toThrow(
      'Choose another port with listeners[1].port.',
    );
  });

  it('a port that another server has → is in use, as the system says it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    const listen = async () => {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      return server.address() as AddressInfo;
    };
    await expect(listenAt({ ...endpoint, port }, listen)).rejects.toThrow('is in use');
  });
});

describe('formatAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:443'],
    ['::1', '[::1]:443'],
    ['localhost', 'localhost:443'],
  ])('%s → %s', (host, expected) => {
    expect(formatAddress(host, 443)).toBe(expected);
  });
});

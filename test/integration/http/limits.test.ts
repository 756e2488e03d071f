import { describe, expect, it, vi } from 'vitest';
import { BodyError, type Handle } from '../../../src/pipeline/call.js';
import { ok, startListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

/** Turns away what is larger than 1,000 bytes, as the pipeline would. */
const strict: Handle = async (call) => {
  try {
    return ok({ length: (await call.readBody(1_000)).byteLength });
  } catch (error) {
    const status = error instanceof BodyError && error.failure === 'too-large' ? 501 : 500;
    return { status, body: '{"errorName":"x"}' };
  }
};

const VALIDATION =
  /^HTTP\/1.1 400 Bad Request\r\n[^]*\r\n\r\n\{"errorName":"ValidationException","errorMessage":"[^"]+"\}$/;

describe('a body', () => {
  it('of 20 MB, sent whole before the client reads → the answer arrives, then the end', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'.repeat(20_000_000)));
    await client.closed;
    expect(client.error).toBeUndefined();
    expect(client.received).toMatch(
      /^HTTP\/1.1 501 [^]*connection: close[^]*\{"errorName":"x"\}$/i,
    );
  });

  it('declared too large → answered before any of it is sent', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n');
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 501 [^]*\{"errorName":"x"\}$/);
    });
    await client.closed;
  });

  it('declared too large by a client that waits for 100-continue → not told to go on', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send(
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n',
    );
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 501 /);
  });

  it('that grows too large in chunks → answered before it ends', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send(`3e9\r\n${'x'.repeat(0x3e9)}\r\n`);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 501 /);
  });

  it('of exactly the limit → read', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'.repeat(1_000)));
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":1000}');
    });
  });

  it('in pieces of one byte → read whole, without a Buffer for each', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const letter of 'one by one') client.send(`1\r\n${letter}\r\n`);
    client.send('0\r\n\r\n');
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":10,"text":"one by one"}');
    });
  });

  it('that never ends after the answer → cut off', async () => {
    const { port } = await startListener({ handle: strict });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const stream = setInterval(() => {
      client.send(`3e9\r\n${'x'.repeat(0x3e9)}\r\n`);
    }, 10);
    await client.closed;
    clearInterval(stream);
    expect(client.received).toMatch(/^HTTP\/1.1 501 /);
  });

  it('that the pipeline never asks for → answered, and what follows it is not a request', async () => {
    const { port, calls } = await startListener({
      handle: () => Promise.resolve({ status: 404, body: '{}' }),
    });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n');
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 404 [^]*connection: close/i);
    });
    client.send(post('/smuggled', '').repeat(3));
    await client.closed;
    expect(calls).toHaveLength(1);
  });
});

describe('a malformed request', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'both Content-Length and Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two different Content-Lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    ],
    ['a negative Content-Length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    [
      'Transfer-Encoding with a trick',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    ],
    ['a space before the colon', 'POST / HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['a folded header', 'POST / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n'],
    ['NUL in a header', 'POST / HTTP/1.1\r\nHost: a\0b\r\n\r\n'],
    ['a space in the target', 'POST /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header of 20 KB', `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a target of 20 KB', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])(
    '%s → ValidationException in JSON, the end, and the pipeline does not hear of it',
    async (_what, bytes) => {
      const { port, calls } = await startListener();
      const client = await RawClient.connect(port);
      client.send(bytes);
      await client.closed;
      expect(client.received).toMatch(VALIDATION);
      expect(calls).toEqual([]);

      const next = await RawClient.connect(port);
      next.send(post('/', 'next'));
      await vi.waitFor(() => {
        expect(next.received).toContain('"text":"next"');
      });
    },
  );

  it('a head of 5 MB, sent whole before the client reads → the answer arrives', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send(`POST / HTTP/1.1\r\nX: ${'x'.repeat(5_000_000)}\r\n\r\n`);
    await client.closed;
    expect(client.error).toBeUndefined();
    expect(client.received).toMatch(VALIDATION);
  });

  it('a chunk that is none, in a body → ValidationException, and readBody rejects', async () => {
    const failures: unknown[] = [];
    const { port } = await startListener({
      handle: async (call) => {
        await call.readBody(100).catch((error: unknown) => failures.push(error));
        return { status: 400, body: '{}' };
      },
    });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    await client.closed;
    expect(client.received).toMatch(VALIDATION);
    await vi.waitFor(() => {
      expect(failures).toMatchObject([{ failure: 'aborted' }]);
    });
  });

  it('behind one that is not answered yet → never taken for its answer', async () => {
    const { port } = await startListener({
      handle: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return ok({ slow: true });
      },
    });
    const client = await RawClient.connect(port);
    client.send(`${post('/', '')}garbage\r\n\r\n`);
    await client.closed;
    expect(client.received).toBe('');
  });

  it.each([64, 65, 97, 2_000])(
    '%i headers → served up to 64, and never with some left out',
    async (count) => {
      const { port, calls } = await startListener({ limits: { maxHeaderBytes: 65_536 } });
      const client = await RawClient.connect(port);
      const others = Array.from({ length: count - 2 }, (_, i) => `h${String(i)}: v`);
      client.send(post('/', '', others));
      await vi.waitFor(() => {
        expect(client.received).toMatch(/\}$/);
      });
      if (count > 64) {
        expect(client.received).toMatch(VALIDATION);
        expect(client.received).toContain('more than 64 headers');
        expect(calls).toEqual([]);
      } else {
        expect(calls[0]?.rawHeaders).toHaveLength(2 * count);
      }
    },
  );
});

describe('a slow client', () => {
  const limits = { headersTimeoutMs: 200, requestTimeoutMs: 300, unauthenticatedIdleMs: 3_000 };

  it('whose head does not end → told so, and disconnected', async () => {
    const { port, calls } = await startListener({ limits });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const drip = setInterval(() => {
      client.send('x');
    }, 50);
    await client.closed;
    clearInterval(drip);
    expect(client.received).toMatch(VALIDATION);
    expect(calls).toEqual([]);
  });

  it('whose body does not end → told so, and disconnected', async () => {
    const { port } = await startListener({ limits });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    const drip = setInterval(() => {
      client.send('x');
    }, 50);
    await client.closed;
    clearInterval(drip);
    expect(client.received).toMatch(VALIDATION);
  });

  it('that sends nothing → disconnected', async () => {
    const { port } = await startListener({ limits: { unauthenticatedIdleMs: 100 } });
    const client = await RawClient.connect(port);
    await client.closed;
    expect(client.received).toBe('');
  });
});

describe('an idle connection', () => {
  const limits = { unauthenticatedIdleMs: 150, authenticatedIdleMs: 60_000 };

  it('that was never authenticated → dropped after its first answer', async () => {
    const { port } = await startListener({ limits });
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 200 [^]*connection: keep-alive/i);
  });

  it('that was authenticated → kept', async () => {
    const { port, calls } = await startListener({
      limits,
      handle: async (call) => {
        await call.readBody(0);
        call.markAuthenticated();
        return ok({});
      },
    });
    const client = await RawClient.connect(port);
    client.send(post('/', ''));
    // Longer than Node's check of its own timeouts, which must not end it either.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    client.send(post('/', ''));
    await vi.waitFor(() => {
      expect(calls).toHaveLength(2);
    });
  });
});

describe('connections', () => {
  it('beyond the limit → dropped, and let in again when there is room', async () => {
    const { port } = await startListener({ limits: { maxConnections: 1 } });
    const first = await RawClient.connect(port);
    const second = await RawClient.connect(port);
    await second.closed;
    first.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const third = await RawClient.connect(port);
    third.send(post('/', 'x'));
    await vi.waitFor(() => {
      expect(third.received).toMatch(/^HTTP\/1.1 200/);
    });
  });
});

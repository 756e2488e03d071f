import { describe, expect, it, vi } from 'vitest';
import type { DoorPorts } from '../../../src/http/xks/door.js';
import type { Handle } from '../../../src/pipeline/call.js';
import { ok, startListener, type TestListenerOptions } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

type LoadPort = DoorPorts['load'];

const THROTTLED =
  /^HTTP\/1\.1 429 Too Many Requests\r\n[^]*\{"errorName":"ThrottlingException","errorMessage":"[^"]+"\}$/;

/** Lets requests in by the word of a test. */
class FakeLoad implements LoadPort {
  isTight = false;
  isOverfull = false;
  readonly admitted = new Set<string>();
  letIns = 0;

  letIn(requests: number): void {
    this.letIns += requests;
  }

  admits(account: string): boolean {
    return this.admitted.has(account);
  }
}

const trusting: Handle = async (call) => {
  const body = await call.readBody(65_536);
  call.markAuthenticated();
  return ok({ text: body.toString(), turnedAway: call.isTurnedAway });
};

/** Connects a client that has made an authenticated request. */
async function connectTrusted(options: TestListenerOptions = {}) {
  const load = new FakeLoad();
  const listener = await startListener({ handle: trusting, load, ...options });
  const client = await RawClient.connect(listener.port);
  let seen = 0;
  /** Sends bytes and waits for what is awaited in the answers to them. */
  const exchange = async (bytes: string, awaited: string | RegExp) => {
    client.send(bytes);
    await vi.waitFor(() => {
      expect(client.received.slice(seen)).toMatch(awaited);
    });
    const answered = client.received.slice(seen);
    seen = client.received.length;
    return answered;
  };
  await exchange(post('/', 'first'), '"text":"first"');
  return { ...listener, client, load, exchange };
}

describe('a turn that is full', () => {
  const turnAway = () => 'counted' as const;

  it('a request → turned away in the words of the specification, and the next one is served', async () => {
    const { calls, load, exchange } = await connectTrusted({ turnAway });
    await exchange(post('/', 'second'), '"text":"second"');
    load.isTight = true;
    expect(await exchange(post('/', 'away'), /\}$/)).toMatch(THROTTLED);
    load.isTight = false;
    await exchange(post('/', 'third'), '"text":"third"');
    expect(calls).toHaveLength(3);
  });

  it('several requests at once → each is turned away', async () => {
    const { load, exchange } = await connectTrusted({ turnAway });
    await exchange(post('/', 'second'), '"text":"second"');
    load.isTight = true;
    const answers = await exchange(post('/', 'a') + post('/', 'b'), /(?:\}[^]*){2}$/);
    expect(answers.split('HTTP/1.1 429')).toHaveLength(3);
  });

  it('a request of an account that has had less than its part → served', async () => {
    const { load, exchange } = await connectTrusted({ turnAway });
    await exchange(post('/', 'second'), '"text":"second"');
    load.isTight = true;
    load.admitted.add('111122223333');
    const principal = '{"awsPrincipalArn":"arn:aws:iam::111122223333:role/r"}';
    expect(await exchange(post('/', principal), /\}$/)).toMatch(/^HTTP\/1\.1 200/);
  });

  it('the rest of a head that looks like a request → the parser has it', async () => {
    const { load, exchange, client } = await connectTrusted({ turnAway });
    await exchange(`${post('/', 'second')}POST / HTTP/1.1\r\nHost: a\r\nX: `, '"text":"second"');
    load.isTight = true;
    client.send(post('/', 'away'));
    await client.closed;
    expect(client.received).not.toContain('429');
  });

  it('to be recorded by itself → the pipeline has it, and is told to turn it away', async () => {
    const { load, exchange } = await connectTrusted({ turnAway: () => 'to-be-recorded' });
    await exchange(post('/', 'second'), '"turnedAway":false');
    load.isTight = true;
    await exchange(post('/', 'away'), '"turnedAway":true');
    load.isTight = false;
    await exchange(post('/', 'third'), '"turnedAway":false');
  });

  it('not one that is turned away → served', async () => {
    const { load, exchange } = await connectTrusted();
    await exchange(post('/', 'second'), '"turnedAway":false');
    load.isTight = true;
    await exchange(post('/', 'health'), '"turnedAway":false');
  });

  it('a stranger → served in its turn', async () => {
    const load = new FakeLoad();
    const { port } = await startListener({ load, turnAway });
    load.isTight = true;
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1\.1 200/);
    });
  });

  it('requests of strangers → do not count; those of authenticated connections do', async () => {
    const load = new FakeLoad();
    const { port } = await startListener({ load });
    const stranger = await RawClient.connect(port);
    stranger.send(post('/', 'x'));
    await vi.waitFor(() => {
      expect(stranger.received).toMatch(/^HTTP\/1\.1 200/);
    });
    expect(load.letIns).toBe(0);
    const trusted = await connectTrusted();
    const { letIns } = trusted.load;
    await trusted.exchange(post('/', 'second'), '"text":"second"');
    expect(trusted.load.letIns).toBe(letIns + 1);
  });

  it('the listener is drained → the pipeline has it, whose answer ends the connection', async () => {
    const { load, exchange, server } = await connectTrusted({ turnAway });
    await exchange(post('/', 'second'), '"text":"second"');
    load.isTight = true;
    const drained = server.drain(100);
    expect(await exchange(post('/', 'last'), /\}$/)).toMatch(/^HTTP\/1\.1 200[^]*close/);
    await drained;
  });
});

describe('requests that one connection sends without waiting for answers', () => {
  /** A pipeline that answers when it is told to. */
  function held() {
    const begun: string[] = [];
    const answer: (() => void)[] = [];
    const handle: Handle = async (call) => {
      const text = (await call.readBody(65_536)).toString();
      call.markAuthenticated();
      begun.push(text);
      if (text !== 'first') await new Promise<void>((resolve) => answer.push(resolve));
      return ok({ text });
    };
    return { begun, answer, handle };
  }
  /** Longer than a slice, so that none comes in with another. */
  const LONG = 'x'.repeat(1_100);
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => post('/', `${index} ${LONG}`)).join('');

  it.each([
    ['', false, 16],
    [' while requests are turned away', true, 1],
  ])(
    'no more are in work%s than so many; the others come later, in order',
    async (_, tight, most) => {
      const { begun, answer, handle } = held();
      const { load, client } = await connectTrusted({ handle });
      load.isTight = tight;
      client.send(many(40));
      await vi.waitFor(() => {
        expect(begun).toHaveLength(1 + most);
      });
      while (begun.length < 41 || answer.length > 0) {
        await vi.waitFor(() => {
          expect(answer).not.toHaveLength(0);
        });
        expect(answer.length).toBeLessThanOrEqual(most);
        answer.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await vi.waitFor(() => {
        expect(client.received.match(/"text":"\d+ /g)).toHaveLength(40);
      });
      const order = client.received.match(/(?<="text":")\d+/g);
      expect(order).toEqual(Array.from({ length: 40 }, (__, index) => String(index)));
    },
  );
});

it('the event loop stands still once → what has come in is no later than others', async () => {
  const waited: number[] = [];
  const { exchange } = await connectTrusted({
    handle: async (call) => {
      if (call.target === '/stall') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      }
      const text = (await call.readBody(65_536)).toString();
      call.markAuthenticated();
      waited.push(call.waitedMs());
      return ok({ text });
    },
  });
  await exchange(post('/stall', 'second'), '"text":"second"');
  expect(Math.max(...waited)).toBeLessThan(100);
});

import { describe, expect, it } from 'vitest';
import { LoadShares } from '../../../src/pipeline/load-shares.js';
import { Overload } from '../../../src/pipeline/overload.js';
import { encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

/** A clock that a test sets. */
function heldClock() {
  const clock = { ms: 0, now: () => 0, monotonic: () => clock.ms };
  return clock;
}

const WAITED_LONG = { waitedMs: () => 150 };

describe('a request that has waited for too long', () => {
  it('Encrypt → ThrottlingException, whose reason the record tells', async () => {
    const pipeline = makePipeline();
    const { call } = incoming(`${PREFIX}/keys/key/encrypt`, encryptBody(), WAITED_LONG);
    const { status, body } = await pipeline.handle(call);
    expect([status, JSON.parse(body)]).toMatchObject([429, { errorName: 'ThrottlingException' }]);
    expect(pipeline.records[0]?.cause).toMatch(/^overload: it has waited for 150 ms/);
  });

  it.each([
    ['synced', 51],
    ['written', 101],
  ] as const)('records are %s → refused after %i ms, and no earlier', (durability, waitedMs) => {
    const overload = new Overload(heldClock(), durability);
    const look = (ms: number) => () => {
      overload.assertInTime({ isTurnedAway: false, waitedMs: () => ms });
    };
    expect(look(waitedMs)).toThrow('cannot keep up');
    expect(look(waitedMs - 1)).not.toThrow();
  });

  it('Encrypt that the listener turns away → the same, before its signature is looked at', async () => {
    const pipeline = makePipeline();
    const { call, isAuthenticated } = incoming(`${PREFIX}/keys/key/encrypt`, encryptBody(), {
      isTurnedAway: true,
    });
    expect(errorNameOf(await pipeline.handle(call))).toBe('ThrottlingException');
    expect(isAuthenticated()).toBe(false);
    expect(pipeline.records[0]?.cause).toBe('overload: too many requests have come at once');
  });

  it.each([
    [true, 429, 'ThrottlingException'],
    [false, 400, 'ValidationException'],
  ])(
    'Encrypt whose time has passed before it was looked at, and that came whole: %s → %s %s',
    async (cameWhole, status, errorName) => {
      const { handle } = makePipeline({ deadlineMs: 0 });
      const { call } = incoming(`${PREFIX}/keys/key/encrypt`, encryptBody(), { cameWhole });
      const answer = await handle(call);
      expect([answer.status, errorNameOf(answer)]).toEqual([status, errorName]);
    },
  );

  it('Encrypt that lay unseen for as long as it had → ThrottlingException', async () => {
    const pipeline = makePipeline({ deadlineMs: 10_000 });
    const seen = { cameWhole: true, unseenMs: 20_000 };
    const { call } = incoming(`${PREFIX}/keys/key/encrypt`, encryptBody(), seen);
    expect(errorNameOf(await pipeline.handle(call))).toBe('ThrottlingException');
  });

  it.each([
    ['GetKeyMetadata', '/keys/key/metadata', metadataBody()],
    ['GetHealthStatus', '/health', healthBody()],
  ])('%s → answered', async (_, path, body) => {
    const { call } = incoming(`${PREFIX}${path}`, body, {
      ...WAITED_LONG,
      ...{ isTurnedAway: true, unseenMs: 20_000 },
    });
    expect(errorNameOf(await makePipeline().handle(call))).toBe('none');
  });
});

describe('accounts that wait', () => {
  const FLOOD = { account: 'flood', keyManager: 'hsm', queueLimit: 10 };
  const MODEST = { ...FLOOD, account: 'modest' };

  it('the queue of a key manager fills → who sends more than others is refused, and the others are not', () => {
    const overload = new Overload(heldClock());
    overload.assertFair(MODEST);
    for (let sent = 0; sent < 11; sent += 1) {
      overload.assertFair(FLOOD);
      overload.begin('hsm');
    }
    const flood = () => {
      overload.assertFair(FLOOD);
    };
    expect(flood).toThrow(/cannot keep up/);
    overload.assertFair(MODEST);
    overload.assertFair({ ...FLOOD, keyManager: 'other' });
    overload.end('hsm');
    expect(flood).not.toThrow();
  });

  it('there is one account alone → it sends no more than others, and is not refused', () => {
    const overload = new Overload(heldClock());
    for (let sent = 0; sent < 100; sent += 1) {
      overload.assertFair(FLOOD);
      overload.begin('hsm');
    }
  });
});

describe('shares of the load', () => {
  it('two seconds have passed → what was before is forgotten', () => {
    const clock = heldClock();
    const shares = new LoadShares(clock);
    shares.note('modest');
    for (let sent = 0; sent < 9; sent += 1) shares.note('flood');
    clock.ms = 2_000;
    expect(shares.note('flood')).toBe(false);
  });

  it('a second has passed → what was before counts still', () => {
    const clock = heldClock();
    const shares = new LoadShares(clock);
    shares.note('modest');
    for (let sent = 0; sent < 9; sent += 1) shares.note('flood');
    clock.ms = 1_000;
    expect([shares.note('modest'), shares.note('flood')]).toEqual([false, true]);
  });

  it('accounts without end → beyond a thousand they count together', () => {
    const shares = new LoadShares(heldClock());
    for (let index = 0; index < 1_000; index += 1) shares.note(String(index));
    shares.note('one more');
    expect(shares.note('and another')).toBe(true);
  });
});

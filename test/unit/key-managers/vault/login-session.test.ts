import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import type { Token } from '../../../../src/key-managers/vault/login.js';
import {
  LoginSession,
  type TokenSource,
} from '../../../../src/key-managers/vault/login-session.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { Secret } from '../../../../src/shared/secret.js';

const HOUR_MS = 3_600_000;
const deadline = () => Deadline.after(systemClock, 60_000);

function token(fields: Partial<Token> = {}): Token {
  return { secret: new Secret('t'), lifetimeMs: HOUR_MS, renewable: true, ours: true, ...fields };
}

function sessionOf(randomByte = 0) {
  const logIn = vi.fn(async () => token());
  const renew = vi.fn(async (old: Token) => old);
  const revoke = vi.fn(async () => undefined);
  const error = vi.fn();
  const login: TokenSource = { logIn, renew, revoke };
  const session = new LoginSession(login, {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    randomBytes: (size) => Buffer.alloc(size, randomByte),
    log: { info: () => undefined, warn: () => undefined, error },
  });
  return { session, logIn, renew, revoke, error };
}

describe('TokenSession', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it.each([
    ['no jitter', 0, 2 / 3],
    ['the most jitter', 255, 2 / 3 - 1 / 10],
  ])('%s → renewed at that part of its life, not before', async (_, randomByte, part) => {
    const { session, renew } = sessionOf(randomByte);
    await session.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS * part - 1_000);
    expect(renew).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it.each([
    [
      'it cannot be renewed',
      async (old: Token) =>
        Promise.reject(new KeyManagerError('misconfigured', `${old.lifetimeMs}`)),
    ],
    ['it renews for less than half', async (old: Token) => ({ ...old, lifetimeMs: HOUR_MS / 3 })],
  ])('%s → a new login', async (_, renewal) => {
    const { session, logIn, renew } = sessionOf();
    renew.mockImplementation(renewal);
    await session.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS * 0.7);
    expect(logIn).toHaveBeenCalledTimes(2);
  });

  it('a token that is not renewable → a new login at the same moment', async () => {
    const { session, logIn, renew } = sessionOf();
    logIn.mockResolvedValue(token({ renewable: false }));
    await session.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS * 0.7);
    expect(logIn).toHaveBeenCalledTimes(2);
    expect(renew).not.toHaveBeenCalled();
  });

  it('a token that lives for ever → left alone', async () => {
    const { session, logIn, renew } = sessionOf();
    logIn.mockResolvedValue(token({ lifetimeMs: 0 }));
    await session.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS * 1000);
    expect(logIn).toHaveBeenCalledTimes(1);
    expect(renew).not.toHaveBeenCalled();
  });

  it('neither renewal nor login work → the old token meanwhile, then the new one', async () => {
    const { session, logIn, renew } = sessionOf();
    await session.start();
    const old = await session.current(deadline());
    renew.mockRejectedValue(new KeyManagerError('unreachable', 'down'));
    logIn.mockRejectedValue(new KeyManagerError('unreachable', 'down'));
    await vi.advanceTimersByTimeAsync(HOUR_MS * 0.7);
    expect(await session.current(deadline())).toBe(old);
    logIn.mockResolvedValue(token());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await session.current(deadline())).not.toBe(old);
  });

  it('no login succeeds → its reason at once, tried again every few seconds, logged once', async () => {
    const { session, logIn, error } = sessionOf();
    logIn.mockRejectedValue(new KeyManagerError('unreachable', 'down'));
    await session.start();
    await expect(session.current(deadline())).rejects.toMatchObject({ code: 'unreachable' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(logIn.mock.calls.length).toBeGreaterThan(10);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('a refused token → one login for all who ask, and the old one is revoked', async () => {
    const { session, logIn, revoke } = sessionOf();
    await session.start();
    const refused = await session.current(deadline());
    await vi.advanceTimersByTimeAsync(10_000);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => session.replacementOf(refused, deadline())),
    );
    expect(new Set(all).size).toBe(1);
    expect(logIn).toHaveBeenCalledTimes(2);
    expect(revoke).toHaveBeenCalledTimes(1);
  });

  it('a refused token that is new → no other, because its policy is to blame', async () => {
    const { session, logIn } = sessionOf();
    await session.start();
    const refused = await session.current(deadline());
    expect(await session.replacementOf(refused, deadline())).toBeUndefined();
    expect(logIn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['made by a login', true, 1],
    ['out of a file', false, 0],
  ])('closed with a token %s → revoked %s', async (_, ours, times) => {
    const { session, logIn, revoke, renew } = sessionOf();
    logIn.mockResolvedValue(token({ ours }));
    await session.start();
    await session.close();
    expect(revoke).toHaveBeenCalledTimes(times);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(renew).not.toHaveBeenCalled();
  });
});

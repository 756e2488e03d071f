import type { Deadline } from '../../shared/deadline.js';
import type { RandomBytes } from '../../shared/randomness.js';
import { KeyManagerError } from '../backend.js';
import type { Login, Token } from './login.js';
import type { BackendPorts } from '../definition.js';
import { withinDeadline } from '../within-deadline.js';

/** A refused token younger than this is refused because of its policy. */
const MIN_REFUSED_AGE_MS = 3_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 4_000;
const MIN_RENEWAL_MS = 1_000;
/** Node's timers take no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Renewed at two thirds of its life, or up to a tenth of it earlier. */
const RENEWAL_POINT = 2 / 3;
const RENEWAL_JITTER = 1 / 10;

/** The token in use. A renewed or new token is another object. */
export interface HeldToken {
  readonly token: Token;
  /** `clock.monotonic()` when it was handed out. */
  readonly obtainedAt: number;
}

/** The part of {@link Login} that obtains, renews and revokes tokens. */
export type TokenSource = Pick<Login, 'logIn' | 'renew' | 'revoke'>;

/** Keeps a valid token for one node: logs in, renews in the background, logs in again. */
export class LoginSession {
  readonly #login: TokenSource;
  readonly #ports: BackendPorts;
  #held: HeldToken | undefined;
  #loggingIn: Promise<HeldToken> | undefined;
  #failure: KeyManagerError | undefined;
  #failedLogins = 0;
  /** Lifetime of a token right after a login. */
  #fullLifetimeMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #givenBack: HeldToken | undefined;

  constructor(login: TokenSource, ports: BackendPorts) {
    this.#login = login;
    this.#ports = ports;
  }

  /** Logs in for the first time. Requests get the failure of a login, which is tried again. */
  async start(): Promise<void> {
    await this.#logIn().catch(() => undefined); // Kept in #failure, and logged.
  }

  /**
   * Returns the token; where there is none, after the login.
   *
   * @throws KeyManagerError of the login, or `deadline`
   */
  async current(deadline: Deadline): Promise<HeldToken> {
    if (this.#held !== undefined) return this.#held;
    if (this.#loggingIn === undefined && this.#failure !== undefined) throw this.#failure;
    return withinDeadline(this.#logIn(), deadline, 'the server');
  }

  /**
   * Replaces a token that the server has refused, with one login for all requests.
   *
   * @returns undefined where the token is new, so that another would be refused as well
   */
  async replacementOf(refused: HeldToken, deadline: Deadline): Promise<HeldToken | undefined> {
    if (this.#held !== undefined && this.#held !== refused) return this.#held;
    const ageMs = this.#ports.clock.monotonic() - refused.obtainedAt;
    if (ageMs < MIN_REFUSED_AGE_MS) return undefined;
    const replacement = await withinDeadline(this.#logIn(), deadline, 'the server');
    // Where the policy is to blame, the old token lives on, and there would be ever more of them.
    if (this.#givenBack !== refused) {
      this.#givenBack = refused;
      void this.#revoke(refused.token);
    }
    return replacement;
  }

  /** Ends the renewals and revokes a token that the login created. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#loggingIn?.catch(() => undefined);
    const token = this.#held?.token;
    this.#held = undefined;
    if (token !== undefined) await this.#revoke(token);
  }

  async #revoke(token: Token): Promise<void> {
    if (!token.ours) return;
    try {
      await this.#login.revoke(token);
    } catch (error) {
      const reason = asKeyManagerError(error).message;
      this.#ports.log.info({ reason }, 'the token was not revoked; it ends by itself');
    }
  }

  #logIn(): Promise<HeldToken> {
    this.#loggingIn ??= this.#logInOnce().finally(() => {
      this.#loggingIn = undefined;
    });
    return this.#loggingIn;
  }

  async #logInOnce(): Promise<HeldToken> {
    try {
      const token = await this.#login.logIn();
      this.#fullLifetimeMs = token.lifetimeMs;
      const held = this.#hold(token);
      this.#failure = undefined;
      this.#failedLogins = 0;
      return held;
    } catch (error) {
      const failure = asKeyManagerError(error);
      // An outage is told once, not at every attempt.
      if (this.#failure?.message !== failure.message) {
        this.#ports.log.error({ reason: failure.message }, 'the login failed');
      }
      this.#failure = failure;
      this.#failedLogins += 1;
      this.#retryLater();
      throw failure;
    }
  }

  #hold(token: Token): HeldToken {
    this.#held = { token, obtainedAt: this.#ports.clock.monotonic() };
    if (token.lifetimeMs > 0) this.#schedule(this.#renewalDelay(token), () => this.#renew(token));
    return this.#held;
  }

  /** Renews, or logs in when the renewed lifetime is short: the token is near its maximum then. */
  async #renew(token: Token): Promise<void> {
    if (token.renewable) {
      try {
        const renewed = await this.#login.renew(token);
        if (renewed.lifetimeMs * 2 > this.#fullLifetimeMs) {
          this.#hold(renewed);
          return;
        }
      } catch (error) {
        const reason = asKeyManagerError(error).message;
        this.#ports.log.info({ reason }, 'the token does not renew; logging in again');
      }
    }
    await this.#logIn();
  }

  #renewalDelay({ lifetimeMs }: Token): number {
    const point = RENEWAL_POINT - RENEWAL_JITTER * randomFraction(this.#ports.randomBytes);
    return Math.max(MIN_RENEWAL_MS, lifetimeMs * point);
  }

  #retryLater(): void {
    const pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failedLogins - 1));
    const jitter = 1 - randomFraction(this.#ports.randomBytes) / 2;
    this.#schedule(pauseMs * jitter, () => this.#logIn());
  }

  #schedule(delayMs: number, work: () => Promise<unknown>): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        work().catch(() => undefined); // A failed login has logged itself and set the next timer.
      },
      Math.min(delayMs, MAX_TIMER_MS),
    ).unref();
  }
}

function asKeyManagerError(error: unknown): KeyManagerError {
  if (error instanceof KeyManagerError) return error;
  return new KeyManagerError('internal', 'the login failed unexpectedly', { cause: error });
}

/**
 * Returns a random number from 0 up to 1, so that replicas that started together do not log in
 * together.
 */
function randomFraction(randomBytes: RandomBytes): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32;
}

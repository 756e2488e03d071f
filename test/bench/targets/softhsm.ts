import { makeFaultyModule } from '../../support/faulty-module.js';
import { freePort } from '../../support/free-ports.js';
import { testPin, type TestToken } from '../../support/pkcs11.js';
import { MAX_REFUSED_SHARE, startHoldfast } from './holdfast.js';
import { shareToken, type SharedToken } from './shared-token.js';
import type { RunningTarget, Target } from './target.js';

/** Holdfast on a SoftHSM token; its children are counted with it. */
export const softHsm: Target = {
  name: 'softhsm',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: async () => {
    const shared = await shareToken();
    const keyManager = keyManagerOn(shared.token);
    return releasing(await startHoldfast('softhsm', { keyManager }), shared);
  },
};

/** A server on a token that takes its time, once it is told to. */
export interface SlowHsm extends RunningTarget {
  readonly operationsPort: number;
  /** From now on every encryption and decryption takes so long. */
  delay(ms: number): void;
}

/** Starts Holdfast on a SoftHSM token whose library can be slowed down. */
export async function startSlowHsm(): Promise<SlowHsm> {
  const shared = await shareToken();
  const slow = await makeFaultyModule(shared.token);
  const operationsPort = await freePort();
  const keyManager = keyManagerOn(slow.token);
  const server = await startHoldfast('slow-hsm', { keyManager, operationsPort });
  return {
    ...releasing(server, shared),
    operationsPort,
    delay: (ms) => {
      slow.fail(String(ms));
    },
  };
}

function keyManagerOn({ config, token }: TestToken): string {
  const { module, environment, profile } = config;
  const keyManager = {
    name: 'trial',
    type: 'pkcs11',
    module,
    environment,
    profile,
    nodes: [{ name: 'softhsm', token, pin: testPin.reveal() }],
    countersDirectory: 'counters',
  };
  return `  - ${JSON.stringify(keyManager)}`; // JSON is YAML.
}

function releasing(server: RunningTarget, shared: SharedToken): RunningTarget {
  return {
    ...server,
    stop: async () => {
      await server.stop();
      shared.release();
    },
  };
}

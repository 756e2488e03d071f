import { describe, expect, it } from 'vitest';
import type { RequestFields } from '../../../src/audit/record/index.js';
import type { ServedKeyStore } from '../../../src/pipeline/context.js';
import { InFlight } from '../../../src/pipeline/in-flight.js';
import { createTurnAway } from '../../../src/pipeline/turn-away.js';
import { systemClock } from '../../../src/shared/clock.js';
import { MemoryKeyManager } from '../../support/memory-key-manager.js';
import { fieldsOf, keyStoreOn, PREFIX } from './harness.js';

const CALLER = {
  clientAddress: '192.0.2.1',
  clientCertificateName: undefined,
  clientCertificateSubject: undefined,
};

function makeTurnAway(leavesOut: boolean | undefined) {
  const keyStore: ServedKeyStore = keyStoreOn(new MemoryKeyManager({ key: {} }), systemClock);
  const told: RequestFields[] = [];
  const counted: string[] = [];
  const turnAway = createTurnAway({
    current: () => ({
      keyStores: new Map([['/store', keyStore]]),
      deadlineMs: 140,
      proxyFleetSize: 1,
      queueLimit: 100,
      inFlight: new InFlight(),
    }),
    observe: (request) => told.push(fieldsOf(request)),
    audit:
      leavesOut === undefined
        ? undefined
        : {
            leavesOut: (errorName) => {
              if (leavesOut) counted.push(errorName);
              return leavesOut;
            },
          },
  });
  return { turnAway, told, counted };
}

describe('a request that there is no time for', () => {
  it.each(['encrypt', 'decrypt'])('%s, no audit log → counted, and told', (operation) => {
    const { turnAway, told } = makeTurnAway(undefined);
    expect(turnAway(`${PREFIX}/keys/key/${operation}`, CALLER)).toBe('counted');
    expect(told).toMatchObject([
      {
        ...{ keyStore: 'store', externalKeyId: 'key', status: 429 },
        ...{ errorName: 'ThrottlingException', clientAddress: '192.0.2.1' },
      },
    ]);
  });

  it('the audit log has a hundred of this minute → counted there, too', () => {
    const { turnAway, told, counted } = makeTurnAway(true);
    expect(turnAway(`${PREFIX}/keys/key/encrypt`, CALLER)).toBe('counted');
    expect([told.length, counted]).toEqual([1, ['ThrottlingException']]);
  });

  it('the audit log is to have it by itself → told by whoever records it', () => {
    const { turnAway, told } = makeTurnAway(false);
    expect(turnAway(`${PREFIX}/keys/key/encrypt`, CALLER)).toBe('to-be-recorded');
    expect(told).toEqual([]);
  });

  it.each([
    ['GetKeyMetadata', `${PREFIX}/keys/key/metadata`],
    ['GetHealthStatus', `${PREFIX}/health`],
    ['another key store', '/other/kms/xks/v1/keys/key/encrypt'],
    ['no path of the API', '/ping'],
  ])('%s → served', (_, path) => {
    const { turnAway, told, counted } = makeTurnAway(true);
    expect(turnAway(path, CALLER)).toBe('to-be-served');
    expect([told, counted]).toEqual([[], []]);
  });
});

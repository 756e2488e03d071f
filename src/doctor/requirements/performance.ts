import {
  ask,
  askHealth,
  bodyFor,
  type Operation,
  OPERATION_NAMES,
  OPERATIONS,
  pathOf,
  sealedOnce,
  SERVED,
  SOME_AAD,
} from '../calls.js';
import { decryptBody, healthBody, requestMetadata } from '../client/bodies.js';
import { served } from '../judgement.js';
import type { Explanation, Requirement, Section, Subject } from '../requirement.js';
import { demand, Deviation, Remark } from '../verdict.js';

/** The time that KMS waits for an answer, the connection included. */
const KMS_TIMEOUT_MS = 250;
const NEW_CONNECTIONS = 5;
const CONCURRENT = 16;
/** The skew that fails authentication, and one that a kept clock does not reach. */
const SKEW_REFUSED_MS = 300_000;
const SKEW_ODD_MS = 30_000;

const TOO_SLOW: Explanation = {
  meaning:
    'KMS gives up after 250 ms, connection included: its callers see KMSInvalidStateException, ' +
    'and XksProxyUriUnreachableException while a key store is created.',
  advice:
    'Place proxy and key manager near the AWS region (35 ms round trip or less), keep ' +
    'connections alive, and look what the key manager takes of the time.',
};

/** The value below which a share of the times lie. */
function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Judges times of calls: half of them too slow is a failure, one in a hundred a remark. */
function judge(times: readonly number[]): string {
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  const found = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${times.length} calls`;
  if (p50 >= KMS_TIMEOUT_MS) throw new Deviation(found);
  if (p99 >= KMS_TIMEOUT_MS) throw new Remark(found);
  return found;
}

const latencies = OPERATIONS.map(
  (operation): Requirement => ({
    id: `timing.${operation}`,
    level: 'MUST',
    text: `${OPERATION_NAMES[operation]}, repeated on a kept connection, answers within 250 ms`,
    after: SERVED[operation],
    ...TOO_SLOW,
    check: async (subject) => {
      const times: number[] = [];
      for (let call = 0; call < subject.samples; call += 1) {
        const answer = await ask(subject, operation, await typicalBody(subject, operation));
        served(answer);
        times.push(answer.tookMs);
      }
      return judge(times);
    },
  }),
);

function typicalBody(subject: Subject, operation: Operation) {
  return operation === 'health'
    ? Promise.resolve(healthBody())
    : bodyFor(subject, operation, requestMetadata());
}

const others: readonly Requirement[] = [
  {
    id: 'timing.new-connection',
    level: 'MUST',
    text: 'GetHealthStatus on a new connection, TCP and TLS included, answers within 250 ms',
    // A slow answer is no slow connection.
    after: 'timing.health',
    ...TOO_SLOW,
    check: async (subject) => {
      const times: number[] = [];
      for (let call = 0; call < NEW_CONNECTIONS; call += 1) {
        const client = subject.newClient();
        try {
          times.push((await client.call('health', healthBody())).tookMs);
        } finally {
          client.close();
        }
      }
      return judge(times);
    },
  },
  {
    id: 'timing.kept-connection',
    level: 'SHOULD',
    text: 'a connection is kept for the next request',
    after: SERVED.health,
    meaning: 'Every call of KMS spends two more round trips of its 250 ms on a connection.',
    advice: 'Keep connections alive, in the proxy and in the load balancer before it.',
    check: async (subject) => {
      await askHealth(subject);
      demand((await askHealth(subject)).isReused, 'it is closed after each answer');
      return undefined;
    },
  },
  {
    id: 'load.concurrent-health',
    level: 'MUST',
    text: `${CONCURRENT} calls at once on as many connections are served`,
    after: SERVED.health,
    ...TOO_SLOW,
    check: (subject) => atOnce(subject, 'health'),
  },
  {
    id: 'load.concurrent-decrypt',
    level: 'MUST',
    text: `${CONCURRENT} calls of Decrypt at once get the plaintext each`,
    after: SERVED.decrypt,
    ...TOO_SLOW,
    check: (subject) => atOnce(subject, 'decrypt'),
  },
  {
    id: 'clock.skew',
    level: 'MUST',
    text: 'the clock of the proxy, by the header Date, is less than 5 minutes from ours',
    after: SERVED.health,
    meaning: 'Signatures of KMS look too old or too new to the proxy: every call fails.',
    advice: 'Keep the clock of the proxy with NTP; and look at the clock of this machine as well.',
    check: async (subject) => {
      const { headers } = await askHealth(subject);
      const at = Date.parse(headers.date ?? '');
      if (Number.isNaN(at)) throw new Remark('the answer has no Date, so it cannot be told');
      const skewMs = at - Date.now();
      const found = `${(skewMs / 1_000).toFixed(0)} s`;
      if (Math.abs(skewMs) >= SKEW_REFUSED_MS) throw new Deviation(found);
      if (Math.abs(skewMs) >= SKEW_ODD_MS) throw new Remark(found);
      return found;
    },
  },
];

async function atOnce(subject: Subject, operation: 'health' | 'decrypt'): Promise<undefined> {
  const client = subject.newClient({ connections: CONCURRENT });
  const path = pathOf(subject, operation);
  const body =
    operation === 'health' ? healthBody() : decryptBody(await sealedOnce(subject), SOME_AAD);
  const expected = subject.plaintext.toString('base64');
  try {
    const calls = Array.from({ length: CONCURRENT }, () => client.call(path, body));
    for (const answer of await Promise.all(calls)) {
      const { plaintext } = served(answer);
      demand(operation === 'health' || plaintext === expected, 'another plaintext came back');
    }
  } finally {
    client.close();
  }
  return undefined;
}

/** @see XKS Proxy API, section GetKeyMetadata, KMS Considerations */
export const performanceSection: Section = {
  title: 'Timing, repetition and load, from this machine',
  requirements: [...latencies, ...others],
};

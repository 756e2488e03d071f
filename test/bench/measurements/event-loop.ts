import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Connection } from '../connection.js';
import { signRequest } from '../requests.js';
import { startSlowHsm } from '../targets/softhsm.js';
import { prepareWorkload } from '../workload.js';

const CONNECTIONS = 64;
const HSM_CALL_MS = 100;
const SECONDS = 10;

const refusal = z.object({ errorName: z.string() });

/** How the event loop fared while the HSM was slow. */
export interface EventLoopResult {
  readonly hsmCallMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How many answers there were, by error name: those that no child was free for are refused. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Asks for more than a slow HSM can do, and reads Holdfast's own measure of its event loop. */
export async function measureEventLoop(): Promise<EventLoopResult> {
  const server = await startSlowHsm();
  try {
    const { endpoint, operationsPort } = server;
    const { decrypt } = await prepareWorkload(endpoint);
    const requests = decrypt.map((body) => signRequest(endpoint, 'decrypt', body));
    server.delay(HSM_CALL_MS);
    await delays(operationsPort); // Begins a new period.
    const endsAt = performance.now() + SECONDS * 1000;
    const answers: Record<string, number> = {};
    const callAgainAndAgain = async (): Promise<void> => {
      const connection = await Connection.open(endpoint);
      for (let i = 0; performance.now() < endsAt; i++) {
        const request = requests[i % requests.length];
        if (request === undefined) throw new Error('there is no request');
        const { status, body } = await connection.send(request);
        const name =
          status === 200 ? 'answered' : refusal.parse(JSON.parse(String(body))).errorName;
        answers[name] = (answers[name] ?? 0) + 1;
        // A refusal comes at once; KMS would not ask again as fast as it can.
        if (status !== 200) await pause(HSM_CALL_MS);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, callAgainAndAgain));
    return { hsmCallMs: HSM_CALL_MS, answers, ...(await delays(operationsPort)) };
  } finally {
    await server.stop();
  }
}

async function delays(operationsPort: number) {
  const response = await fetch(`http://127.0.0.1:${String(operationsPort)}/metrics`);
  const text = await response.text();
  const quantile = (name: string): number => {
    const line = new RegExp(`^holdfast_event_loop_delay_seconds{quantile="${name}"} (.*)$`, 'm');
    return Number(line.exec(text)?.[1] ?? Number.NaN) * 1000;
  };
  return { p99Ms: quantile('0.99'), maxMs: quantile('1') };
}

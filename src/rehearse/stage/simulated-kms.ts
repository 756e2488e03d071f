import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { type StartedSimulator, startFromOptions } from '../../kms-simulator/main.js';
import { Secret } from '../../shared/secret.js';
import type { Place, RehearsedProxy } from '../proxy.js';
import { Kms } from './kms.js';
import { messageOf } from '../../shared/reason-of.js';

/** Time after which a new credential is in use; KMS itself takes up to five minutes. */
export const CREDENTIAL_DELAY_MS = 500;
const CONNECT_MS = 100;
const SECRET_BYTES = 30;
const OK = 200;

/** A simulator of KMS for the length of a rehearsal, and its only caller. */
export interface SimulatedKms {
  readonly kms: Kms;
  readonly region: string;
  /** ARN of the caller: no other rehearsal has it, and the proxy is told it. */
  readonly principal: string;
  /** Folder into which CloudTrail delivers. */
  readonly cloudTrailBucket: string;
  /** @param latencyMs that the network takes for each call of the proxy from now on */
  setLatency(latencyMs: number): Promise<void>;
  /** CloudWatch's metrics in the text form of Prometheus. */
  metrics(): Promise<string>;
  /** Makes CloudTrail deliver what it has. */
  deliverCloudTrail(): Promise<void>;
  /** The faults of the simulator itself: with one, what it has told may be wrong. */
  faults(): readonly string[];
  close(): Promise<void>;
}

/** Starts a simulator of KMS whose state is in a folder. @throws as `startFromOptions` does */
export async function startSimulatedKms(
  folder: string,
  { host, ca }: RehearsedProxy,
  { address, port }: Place,
): Promise<SimulatedKms> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const caller = makeCaller();
  const errors: string[] = [];
  const simulator = await startFromOptions({
    state: join(folder, 'state'),
    port: 0,
    config: await writeSettings(folder, caller),
    resolve: [`${host}=${address}:${port}`],
    onError: (error) => errors.push(messageOf(error)),
    ...(ca === undefined ? {} : { ca }),
  });
  const { endpoint, region, cloudTrailBucket } = simulator;
  const secretAccessKey = new Secret(caller.secretAccessKey);
  const credentials = { accessKeyId: caller.accessKeyId, secretAccessKey };
  return {
    kms: new Kms({ endpoint, region, credentials }),
    region,
    principal: caller.principal,
    cloudTrailBucket,
    ...controlsOf(simulator),
    faults: () => errors,
    close: () => simulator.close(),
  };
}

function controlsOf({ endpoint }: StartedSimulator) {
  const ask = async (method: 'GET' | 'POST' | 'PUT', path: string, body?: string) => {
    const answer = await request(
      `${endpoint}${path}`,
      body === undefined ? { method } : { method, body },
    );
    const text = await answer.body.text();
    if (answer.statusCode !== OK) throw new Error(`the simulator answers ${path} with ${text}`);
    return text;
  };
  return {
    setLatency: async (latencyMs: number) => {
      await ask('PUT', '/faults', JSON.stringify({ latencyMs }));
    },
    metrics: () => ask('GET', '/metrics'),
    deliverCloudTrail: async () => {
      await ask('POST', '/cloudtrail/deliver');
    },
  };
}

function makeCaller() {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64'),
    principal: `arn:aws:iam::111122223333:user/rehearsal-${randomBytes(4).toString('hex')}`,
  };
}

/** The simulator takes its settings from a file. JSON is YAML. */
async function writeSettings(
  folder: string,
  caller: ReturnType<typeof makeCaller>,
): Promise<string> {
  const path = join(folder, 'simulator.yaml');
  const keyStores = {
    connectMs: CONNECT_MS,
    disconnectMs: CONNECT_MS,
    credentialDelayMs: CREDENTIAL_DELAY_MS,
  };
  await writeFile(path, JSON.stringify({ callers: [caller], keyStores }), { mode: 0o600 });
  return path;
}

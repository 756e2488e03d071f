import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import type { Caller } from './configuration.js';

const FILE = 'environment';

/** A simulator that serves, and a caller whom it knows. */
export interface ServingSimulator {
  readonly port: number;
  readonly region: string;
  readonly caller: Caller;
}

/**
 * Writes the environment in which AWS's tools reach a simulator as its first caller: lines
 * `NAME=value`, mode 0600.
 *
 * @returns the file's path. @throws the file system's error
 */
export async function writeEnvironment(
  state: string,
  { port, region, caller }: ServingSimulator,
): Promise<string> {
  const path = join(state, FILE);
  const variables = {
    AWS_ENDPOINT_URL_KMS: endpointOf(port),
    AWS_ACCESS_KEY_ID: caller.accessKeyId,
    AWS_SECRET_ACCESS_KEY: caller.secretAccessKey,
    AWS_DEFAULT_REGION: region,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFileAtomically(path, lines.join(''));
  return path;
}

/** The URL of a simulator on this machine. */
export function endpointOf(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}

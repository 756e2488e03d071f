import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { makePrivateFolder } from '../durable/private.js';
import { keptCaller } from './callers.js';
import { type SimulatorConfiguration, simulatorSchema } from './configuration.js';
import { endpointOf, writeEnvironment } from './environment.js';
import { type RunningSimulator, startSimulator } from './simulator.js';
import { parseResolvedHost } from '../shared/resolved-host.js';
import { messageOf } from '../shared/reason-of.js';

/** An option or the configuration is wrong, and nothing was started. */
export class SimulatorInputError extends Error {
  override readonly name = 'SimulatorInputError';
}

/** The options of a simulator, as they are given on a command line. */
export interface SimulatorOptions {
  /** Folder for all that outlives a restart. */
  readonly state: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Path of the YAML file. */
  readonly config?: string;
  /** Path of a PEM file. */
  readonly ca?: string;
  /** Of the form `host=address:port` each. */
  readonly resolve: readonly string[];
  /** Is told of faults that no caller is told of. */
  readonly onError: (error: unknown) => void;
}

/** A simulator that serves, and how to reach it. */
export interface StartedSimulator extends RunningSimulator {
  readonly endpoint: string;
  readonly region: string;
  /** File with the environment for AWS's tools. */
  readonly environmentFile: string;
}

/**
 * Starts a simulator of KMS, and writes the environment in which AWS's tools reach it.
 *
 * @throws SimulatorInputError, or what `startSimulator` throws
 */
export async function startFromOptions(options: SimulatorOptions): Promise<StartedSimulator> {
  const { port, onError, config, ca } = options;
  const state = resolve(options.state);
  const configuration = await readConfiguration(config);
  const hosts = await readInput(() => options.resolve.map(parseResolvedHost));
  const authorities = ca === undefined ? undefined : await readInput(() => readFile(ca, 'utf8'));
  await makePrivateFolder(state);
  const callers = configuration.callers ?? ([await keptCaller(state)] as const);
  const running = await startSimulator({
    configuration,
    callers,
    state,
    port,
    resolve: hosts,
    ca: authorities,
    onError,
  });
  const { region } = configuration;
  const [caller] = callers;
  const serving = { port: running.port, region, caller };
  const environmentFile = await writeEnvironment(state, serving);
  return { ...running, endpoint: endpointOf(running.port), region, environmentFile };
}

async function readConfiguration(path: string | undefined): Promise<SimulatorConfiguration> {
  if (path === undefined) return simulatorSchema.parse({});
  const document: unknown = await readInput(
    async (): Promise<unknown> => parse(await readFile(path, 'utf8')),
  );
  const { success, data, error } = simulatorSchema.safeParse(document ?? {});
  if (success) return data;
  throw new SimulatorInputError(`${path}: ${z.prettifyError(error)}`);
}

async function readInput<Result>(read: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const message = messageOf(error);
    throw new SimulatorInputError(message, { cause: error });
  }
}

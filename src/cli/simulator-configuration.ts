import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type SimulatorConfiguration, simulatorSchema } from '../kms-simulator/configuration.js';
import { CliError, EXIT } from './exit.js';

/**
 * Reads the configuration of the simulator of KMS.
 *
 * @param path undefined for the defaults
 * @throws CliError for a file that cannot be read, or is not one
 */
export async function readSimulatorConfiguration(
  path: string | undefined,
): Promise<SimulatorConfiguration> {
  try {
    return simulatorSchema.parse(path === undefined ? {} : parse(await readFile(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : failureMessage(error);
    throw new CliError(EXIT.usage, `${path ?? 'the configuration'}: ${why}`, { cause: error });
  }
}

/** The message of an error, for people. */
export function failureMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { adminSchema } from '../admin/config.js';
import { isReference, resolveReference } from '../config/secret-reference.js';
import { readYaml } from '../config/yaml-document.js';
import { configurationFile, type Environment, findStateDirectory } from '../runtime/overrides.js';
import { CliError, EXIT } from './exit.js';

const socketSchema = z.object({ admin: adminSchema.prefault({}) });

/**
 * Finds the running server's admin socket as the server does: by HOLDFAST_CONFIG and
 * HOLDFAST_STATE_DIR. Looks at no other field of the configuration, so that it needs none of
 * the secrets that the server may read and the administrator may not.
 *
 * @returns an absolute path
 * @throws CliError when the configuration does not say
 */
export function findAdminSocket(env: Environment): string {
  const file = configurationFile(env);
  const reading = readYaml(readText(file));
  if ('problems' in reading) throw unknownSocket(file);
  const { value } = reading.document;
  const stateDirectory = findStateDirectory(value, dirname(file), env);
  const socket = socketSchema.safeParse(value).data?.admin.socket;
  if (stateDirectory === undefined || socket === undefined) throw unknownSocket(file);
  if (!isReference(socket)) return resolve(stateDirectory, socket);
  const resolution = resolveReference(socket, { env, baseDirectory: stateDirectory });
  if ('text' in resolution) return resolve(stateDirectory, resolution.text);
  throw unknownSocket(file);
}

function unknownSocket(file: string, options?: ErrorOptions): CliError {
  return new CliError(
    EXIT.usage,
    `${file} does not say where the admin socket is. Run "holdfast config check ${file}", or name another configuration with --config, or the socket with --socket.`,
    options,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unknownSocket(file, { cause: error });
  }
}

import { z } from 'zod';
import { adminSchema } from '../admin/config.js';
import type { Environment } from '../configuration/overrides.js';
import { findConfiguredPath } from './configured-path.js';

const socketSchema = z.object({ admin: adminSchema.prefault({}) });

/**
 * Finds the running server's admin socket.
 *
 * @returns an absolute path
 * @throws CliError when the configuration does not say
 */
export function findAdminSocket(env: Environment): string {
  return findConfiguredPath(env, {
    what: 'the admin socket',
    option: '--socket',
    find: (configuration) => socketSchema.safeParse(configuration).data?.admin.socket,
  });
}

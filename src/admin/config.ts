import { z } from 'zod';
import { pathField } from '../configuration/reading/field-types.js';

/** `admin` in the configuration. */
export const adminSchema = z
  .strictObject({
    socket: pathField()
      .default('admin.sock')
      .describe(
        'Unix socket of the admin API, which the `holdfast` program speaks; mode 0600. ' +
          'At most 107 bytes when made absolute.',
      ),
  })
  .describe('The admin API of the server, for administrators on this machine.');

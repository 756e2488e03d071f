import { z } from 'zod';

/** The `log` part of the configuration. */
export const logSchema = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe(
        'Lowest level of the messages that are written. A request is logged at info when it succeeds, at warn when the client is answered 4xx or 501, at error when it is answered any other 5xx.',
      ),
    requests: z
      .enum(['all', 'failures', 'none'])
      .optional()
      .describe(
        'The requests that have a log line: `all` of them, the `failures` (answered 4xx or 5xx), or `none`. Without it: `failures` beside an audit log, whose records say it all, and `all` where there is none.',
      ),
  })
  .prefault({})
  .describe('The log: one JSON object a line, on standard output.');

/** The `log` part of the configuration, checked and with its defaults. */
export type LogConfig = z.infer<typeof logSchema>;

import { z } from 'zod';
import type { AdminRoute } from './route.js';

/** The triggers of a reload: a signal, an administrator, or files that have changed. */
export const RELOAD_TRIGGERS = ['signal', 'command', 'files'] as const;

/** The outcome of the last reload. */
export const lastReloadSchema = z.object({
  at: z.iso.datetime(),
  trigger: z.enum(RELOAD_TRIGGERS),
  result: z.enum(['success', 'unchanged', 'failure']),
  reason: z.string().optional().describe('Why it failed; then the generation before serves.'),
});

const differenceSchema = z.object({
  path: z
    .string()
    .describe('Entries of lists by their names: `keyStores[payroll].exposes`, or a whole entry.'),
  change: z.enum(['added', 'removed', 'changed']),
  before: z.string().optional().describe('Never a secret. Absent for a whole entry.'),
  after: z.string().optional(),
  how: z
    .enum(['reload', 'listener', 'key-manager', 'restart'])
    .describe('How such a field changes: docs/reload.md.'),
});

const planSchema = z.object({
  generation: z.int().describe('Number of the generation in force.'),
  differences: z.array(differenceSchema).describe('Empty where nothing has changed.'),
  warnings: z.array(z.string()).describe('What is taken, and should be known of.'),
  waitsForRestart: z
    .array(z.string())
    .describe('What a file says since, and what only a restart puts in force.'),
});

/** Answer of `previewReload`. */
export const reloadPreviewSchema = planSchema.extend({
  refusals: z.array(z.string()).describe('Why it cannot be done, as a whole; empty where it can.'),
});

/** Answer of `reload`. */
export const reloadedSchema = planSchema;

/** Body of `reload`. */
export const reloadRequestSchema = z.strictObject({
  init: z.boolean().optional().describe('True where new key managers may begin without any keys.'),
});

/** The changes that a reload would make. */
export type ReloadPreview = z.infer<typeof reloadPreviewSchema>;

/** The changes that a reload has made. */
export type ReloadAnswer = z.infer<typeof reloadedSchema>;

/** The outcome of the last reload. */
export type LastReload = z.infer<typeof lastReloadSchema>;

/** The calls about the configuration in force. */
export const reloadRoutes = {
  previewReload: {
    summary: 'What a reload of the configuration would change. Nothing is done.',
    method: 'GET',
    path: '/v1/reload',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: reloadPreviewSchema,
    isLong: true,
    outlivesGeneration: true,
  },
  reload: {
    summary: 'Puts in force what the configuration file says now, while requests run.',
    method: 'POST',
    path: '/v1/reload',
    request: z.object({ body: reloadRequestSchema }),
    logged: ['init'],
    isAct: true,
    status: 200,
    answer: reloadedSchema,
    isLong: true,
    outlivesGeneration: true,
  },
} as const satisfies Record<string, AdminRoute>;

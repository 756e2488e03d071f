import { z } from 'zod';
import { adminSchema } from '../admin/config.js';
import { auditSchema } from '../audit/config.js';
import {
  countField,
  flagField,
  listField,
  millisecondsField,
  pathField,
} from './reading/field-types.js';
import { SchemaOutline } from './reading/outline.js';
import { listenerSchema, operationsSchema } from '../http/config.js';
import { keyManagerConfigSchema } from '../key-managers/backends.js';
import { DEFAULT_NODE_LIMITS } from '../key-managers/nodes/limits.js';
import { keyStoreSchema } from '../key-stores/config.js';
import { notificationsSchema } from '../notifications/config.js';
import { logSchema } from '../observability/config.js';
import { stateSchema } from '../state/config.js';

const keyManagerLimitsSchema = z
  .strictObject({
    attemptTimeoutMs: millisecondsField({ min: 5, max: 60_000 })
      .default(DEFAULT_NODE_LIMITS.attemptTimeoutMs)
      .describe('Time limit for a call on one node, if another node can be tried afterwards.'),
    maxConcurrent: countField({ min: 1, max: 10_000 })
      .default(DEFAULT_NODE_LIMITS.maxConcurrent)
      .describe('Maximum number of calls that a node works on at once.'),
    maxWaiting: countField({ min: 0, max: 100_000 })
      .default(DEFAULT_NODE_LIMITS.maxWaiting)
      .describe(
        'Maximum number of calls that wait for a node; more are answered with ThrottlingException.',
      ),
    breakAfterFailures: countField({ min: 1, max: 1_000 })
      .default(DEFAULT_NODE_LIMITS.breakAfterFailures)
      .describe('Number of failures in a row after which a node is not called for a while.'),
    breakForMs: millisecondsField({ min: 10, max: 600_000 })
      .default(DEFAULT_NODE_LIMITS.breakForMs)
      .describe('Time after which one call tries such a node again.'),
  })
  .prefault({})
  .describe('Limits on calls of each node of a key manager outside this process.');

/** The whole configuration, from its owners' parts. */
export const configurationSchema = z
  .strictObject({
    stateDirectory: pathField().describe(
      'The folder of everything that Holdfast writes. Relative to the folder of this file, ' +
        'while all other relative paths start at the state directory. HOLDFAST_STATE_DIR overrides it.',
    ),
    quickstart: flagField()
      .default(false)
      .describe(
        'Makes what is missing on the first start: certificates, master key, credential and a ' +
          'key. For trying Holdfast out on one machine.',
      ),
    listeners: listField(listenerSchema, 'a list of listeners, at least one').describe(
      'Listeners of the XKS Proxy API. HOLDFAST_PORT overrides the port of the first.',
    ),
    operations: operationsSchema,
    admin: adminSchema.prefault({}),
    drainDelayMs: millisecondsField({ min: 0, max: 600_000 })
      .default(20_000)
      .describe(
        'Time after SIGTERM during which requests are still served while probes answer 503, so ' +
          'that load balancers notice.',
      ),
    deadlineMs: millisecondsField({ min: 10, max: 60_000 })
      .default(140)
      .describe(
        'Time limit from the head of a request to its answer. KMS waits 250 ms, and a new ' +
          'connection may use three round trips of 35 ms of that.',
      ),
    keyManagerLimits: keyManagerLimitsSchema,
    log: logSchema,
    audit: auditSchema.optional(),
    state: stateSchema,
    notifications: notificationsSchema,
    proxyFleetSize: countField({ min: 1, max: 10_000 })
      .default(1)
      .describe(
        'Number of proxies that serve these key stores, for the answer of GetHealthStatus.',
      ),
    keyManagers: listField(keyManagerConfigSchema, 'a list of key managers, at least one').describe(
      'The key managers: they keep the keys, and encrypt and decrypt with them.',
    ),
    keyStores: listField(keyStoreSchema, 'a list of key stores, at least one').describe(
      'The external key stores of AWS KMS.',
    ),
  })
  .describe('Configuration of Holdfast.');

/** A configuration that has been checked: defaults filled in, paths absolute, secrets wrapped. */
export type Configuration = z.output<typeof configurationSchema>;

/** The schema as data, for error reports, editors and the reference. */
export const configurationOutline = new SchemaOutline(configurationSchema);

import { z } from 'zod';
import { DEFAULT_KEY_STORES_CONFIG } from './custom-key-stores/external-key-stores.js';
import { faultsSchema } from './towards-proxy/faults.js';

const PRINCIPAL_ARN = /^arn:aws:(iam|sts)::\d{12}:(root|(user|role|assumed-role)\/[\w+=,.@/-]+)$/;
const MAX_DELAY_MS = 3_600_000;

const duration = (usualMs: number, leastMs = 0) =>
  z.int().min(leastMs).max(MAX_DELAY_MS).default(usualMs);

/** A caller of KMS: whose access key it is, and what KMS is told of each of its calls. */
export const callerSchema = z.strictObject({
  accessKeyId: z.string().regex(/^[A-Z0-9]{16,128}$/),
  /** In the alphabet of AWS's, so that a line `NAME=value` holds it as it is. */
  secretAccessKey: z.string().regex(/^[\w/+=-]{16,128}$/),
  /** ARN that the proxy is told: of a role for a session of it, of a user for a user. */
  principal: z.string().regex(PRINCIPAL_ARN),
  /** ARN of the session of a role, which CloudTrail tells. */
  session: z.string().regex(PRINCIPAL_ARN).optional(),
  /** The AWS service that calls for the principal, such as `s3.eu-west-1.amazonaws.com`. */
  viaService: z.string().min(1).max(255).optional(),
  sourceVpc: z
    .string()
    .regex(/^vpc-[0-9a-f]+$/)
    .optional(),
  sourceVpce: z
    .string()
    .regex(/^vpce-[0-9a-f]+$/)
    .optional(),
});

/** A caller of KMS. */
export type Caller = Readonly<z.output<typeof callerSchema>>;

/** The configuration of the simulator: a YAML file. */
export const simulatorSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .default('eu-west-1'),
  /** Absent: one caller, whose access key the simulator makes and keeps. */
  callers: z.tuple([callerSchema], callerSchema).optional(),
  keyStores: z
    .strictObject({
      connectMs: duration(DEFAULT_KEY_STORES_CONFIG.connectMs),
      disconnectMs: duration(DEFAULT_KEY_STORES_CONFIG.disconnectMs),
      healthCheckEveryMs: duration(DEFAULT_KEY_STORES_CONFIG.healthCheckEveryMs, 1_000),
      credentialDelayMs: duration(DEFAULT_KEY_STORES_CONFIG.credentialDelayMs),
      requestsPerSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(DEFAULT_KEY_STORES_CONFIG.requestsPerSecond),
    })
    .prefault({}),
  cloudTrail: z.strictObject({ deliverEveryMs: duration(60_000, 1_000) }).prefault({}),
  faults: faultsSchema.prefault({}),
});

/** The behaviour of a simulator. */
export type SimulatorConfiguration = Readonly<z.output<typeof simulatorSchema>>;

import { z } from 'zod';

const time = z.iso.datetime({ precision: 3 });

/** Fields that an event may have, by name. None is ever secret. */
export const EVENT_FIELDS = {
  keyManager: z.string().describe('Name of the key manager.'),
  externalKeyId: z.string().describe('The external key.'),
  keyVersion: z.int().min(1).describe('Version of the key material that the event is about.'),
  cause: z
    .enum(['on-demand', 'schedule', 'encryption-limit'])
    .describe(
      'Why the key is rotated: somebody asked for it, its schedule says so, or its version has encrypted as much as one may.',
    ),
  by: z.string().describe('The administrator who asked for it. Absent where nobody did.'),
  reason: z.string().describe('Why, in words.'),
  expiresAt: time.describe('When it expires.'),
  daysLeft: z
    .int()
    .min(0)
    .describe('At most so many days are left: 30, 7 or 1; 0 when it has expired.'),
  deletionAt: time.describe('The date before which the key is not destroyed.'),
  keyStore: z.string().describe('Name of the key store.'),
  policySet: z.string().describe('Hash of the policies of the key store.'),
  operation: z.string().describe('Operation of the XKS Proxy API: Encrypt or Decrypt.'),
  awsPrincipalArn: z.string().describe('Who called KMS, by the word of KMS.'),
  kmsOperation: z.string().describe('Operation of KMS that led to it.'),
  kmsRequestId: z.string().describe("KMS's id of the call, CloudTrail's requestID."),
  kmsKeyArn: z.string().describe('ARN of the KMS key.'),
  accessKeyId: z.string().describe('Credential of the key store.'),
  materialNames: z.array(z.string()).describe('Hexadecimal names of the key material.'),
  extent: z
    .enum(['key', 'version', 'imported-material'])
    .describe(
      'The extent of a destruction: the key for ever, one version of it for ever, or imported material, which may be imported again.',
    ),
  certificate: z.string().describe('Where the certificate of destruction is.'),
  destroyedAt: time.describe('When the key was destroyed.'),
  encryptionsLeft: z.int().min(0).describe('Encryptions that the version may still make.'),
  encryptionLimit: z.int().min(1).describe('Encryptions that a version may make in all.'),
  listener: z.string().describe('Name of the listener.'),
  node: z.string().describe('Name of the node.'),
  location: z.string().describe('Where the node is, as it is configured.'),
  health: z.enum(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']).describe('How the node is now.'),
  file: z.string().describe('File of the configuration.'),
  trigger: z
    .enum(['signal', 'command', 'files'])
    .describe('What asked for it: SIGHUP, `holdfast reload`, or a file of it that has changed.'),
  webhook: z.string().describe('Name of the webhook.'),
  count: z.int().min(1).describe('How many.'),
  repeated: z
    .int()
    .min(1)
    .describe(
      'How many times the same was the case since it was told last, this time included. Absent where it is told each time.',
    ),
} as const;

/** The name of a field of an event. */
export type EventFieldName = keyof typeof EVENT_FIELDS;

/** The value of a field of an event. */
export type EventFieldValue<Name extends EventFieldName> = z.output<(typeof EVENT_FIELDS)[Name]>;

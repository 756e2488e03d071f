import { z } from 'zod';

/** States of the connection to a proxy. */
export const CONNECTION_STATES = [
  'CONNECTED',
  'CONNECTING',
  'FAILED',
  'DISCONNECTED',
  'DISCONNECTING',
] as const;

const credential = z.strictObject({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** Since when KMS has it, in ms since 1970. */
  since: z.number(),
});

/** A custom key store as it stands in the state folder. */
export const keyStoreRecordSchema = z.strictObject({
  id: z.string(),
  account: z.string(),
  name: z.string(),
  createdAt: z.number(),
  connectivity: z.enum(['PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE']),
  uriEndpoint: z.string(),
  uriPath: z.string(),
  vpcEndpointServiceName: z.string().optional(),
  vpcEndpointServiceOwner: z.string().optional(),
  credential,
  /** The credential before, which still signs until a time in ms since 1970. */
  formerCredential: z.strictObject({ ...credential.shape, until: z.number() }).optional(),
  connectionState: z.enum(CONNECTION_STATES),
  connectionErrorCode: z.string().optional(),
});

/** A custom key store of the type EXTERNAL_KEY_STORE. */
export type KeyStoreRecord = Readonly<z.infer<typeof keyStoreRecordSchema>>;

/** The place that keeps custom key stores across a restart. */
export interface KeyStoreRecords {
  all(): readonly KeyStoreRecord[];
  put(record: KeyStoreRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

import { KMSClient } from '@aws-sdk/client-kms';
import { type ALICE, LATE, REGION, TRIES } from './simulator-process.js';

/** The access key of a caller. */
export type Credentials = Pick<typeof ALICE, 'accessKeyId' | 'secretAccessKey'>;

/** A client to make, and what is told of each call. */
export interface SdkClientOptions {
  readonly credentials: Credentials;
  readonly region?: string;
  readonly onCall?: (operation: string) => void;
}

/** The client of AWS's SDK as it comes, but that it tries again where the proxy was late alone. */
export function sdkClient(endpoint: string, options: SdkClientOptions): KMSClient {
  const { credentials, region = REGION, onCall } = options;
  // The SDK writes into the object that it is given.
  const config = { endpoint, region, credentials: { ...credentials }, maxAttempts: 1 };
  const client = new KMSClient(config);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        onCall?.(commandName.replace(/Command$/, ''));
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await next(args);
          } catch (error) {
            if (attempt === TRIES || !LATE.test(String(error))) throw error;
          }
        }
      },
    { step: 'initialize' },
  );
  return client;
}

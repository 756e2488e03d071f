import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { KmsClient } from '../../src/aws/kms-client.js';
import { Secret } from '../../src/shared/secret.js';

/** The members of an input. */
export type KmsInput = Readonly<Record<string, unknown>>;

/** An exception of KMS, with the status that its family has. */
export class ScriptedException extends Error {
  readonly status: number;

  /** @param type name of the exception */
  constructor(type: string, message = 'as scripted', status = 400) {
    super(message);
    this.name = type;
    this.status = status;
  }
}

/** A KMS that answers by a script, and the calls that came. */
export interface ScriptedKms {
  readonly kms: KmsClient;
  readonly endpoint: string;
  readonly calls: readonly { readonly operation: string; readonly input: KmsInput }[];
}

/** A key store as KMS describes it. */
export function keyStoreNamed(name: string, changes: KmsInput = {}): KmsInput {
  return {
    CustomKeyStoreId: `cks-${name}`,
    CustomKeyStoreName: name,
    ConnectionState: 'CONNECTED',
    XksProxyConfiguration: {
      AccessKeyId: 'A',
      UriEndpoint: 'https://xks.example.com',
      UriPath: '/kms/xks/v1',
      Connectivity: 'PUBLIC_ENDPOINT',
    },
    ...changes,
  };
}

/**
 * Starts it for the length of a test: for what no simulator does, as keys that may not be seen.
 *
 * @param answer throws a {@link ScriptedException} where KMS refuses
 * @param pausesMs of the client, before each further attempt
 */
export async function startScriptedKms(
  answer: (operation: string, input: KmsInput) => object,
  pausesMs: readonly number[] = [],
): Promise<ScriptedKms> {
  const calls: { operation: string; input: KmsInput }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
      const input = JSON.parse(body) as KmsInput;
      calls.push({ operation, input });
      try {
        response.end(JSON.stringify(answer(operation, input)));
      } catch (error) {
        if (!(error instanceof ScriptedException)) throw error;
        const { name, message } = error;
        response.writeHead(error.status).end(JSON.stringify({ __type: name, message }));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const credentials = { accessKeyId: 'A', secretAccessKey: new Secret('b'.repeat(40)) };
  return {
    kms: new KmsClient({ endpoint, region: 'eu-west-1', credentials }, pausesMs),
    endpoint,
    calls,
  };
}

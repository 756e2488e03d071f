import { readFileSync } from 'node:fs';
import aws4 from 'aws4';
import { Pool } from 'undici';

/** A caller of a simulated KMS. */
export interface KmsCaller {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A signed request, which is valid for five minutes. */
export interface SignedCall {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An answer of KMS. */
export interface KmsAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads the environment that a simulator writes into its state folder. */
export function readCaller(environmentFile: string): KmsCaller {
  const lines = readFileSync(environmentFile, 'utf8').trim().split('\n');
  const variables = new Map(lines.map((line) => [line.split('=')[0], line.replace(/^\w+=/, '')]));
  const variable = (name: string): string => variables.get(name) ?? '';
  return {
    endpoint: variable('AWS_ENDPOINT_URL_KMS'),
    region: variable('AWS_DEFAULT_REGION'),
    accessKeyId: variable('AWS_ACCESS_KEY_ID'),
    secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
  };
}

/** A client of KMS that can sign ahead, so that signing is not measured. */
export class KmsClient {
  readonly #caller: KmsCaller;
  readonly #pool: Pool;

  constructor(caller: KmsCaller, connections: number) {
    this.#caller = caller;
    this.#pool = new Pool(caller.endpoint, { connections });
  }

  sign(operation: string, input: object): SignedCall {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#caller;
    const body = JSON.stringify(input);
    const { headers } = aws4.sign(
      {
        host: new URL(endpoint).host,
        method: 'POST',
        path: '/',
        service: 'kms',
        region,
        body,
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `TrentService.${operation}`,
        },
      },
      { accessKeyId, secretAccessKey },
    );
    const entries = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
    return { headers: Object.fromEntries(entries) as Record<string, string>, body };
  }

  async send({ headers, body }: SignedCall): Promise<KmsAnswer> {
    const answer = await this.#pool.request({ method: 'POST', path: '/', headers, body });
    return {
      status: answer.statusCode,
      fields: (await answer.body.json()) as KmsAnswer['fields'],
    };
  }

  /** @throws Error for anything but success */
  async call(operation: string, input: object): Promise<KmsAnswer['fields']> {
    const { status, fields } = await this.send(this.sign(operation, input));
    if (status === 200) return fields;
    throw new Error(`${operation}: ${JSON.stringify(fields)}`);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

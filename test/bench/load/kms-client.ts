import { readFileSync } from 'node:fs';
import aws4 from 'aws4';
import { Connection } from '../connection.js';

/** A caller of a simulated KMS. */
export interface KmsCaller {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
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
  readonly #idle: Connection[] = [];
  readonly #waiting: ((connection: Connection) => void)[] = [];
  /** Connections that may still be opened. */
  #left: number;

  /** @param connections each of which has one call at a time */
  constructor(caller: KmsCaller, connections: number) {
    this.#caller = caller;
    this.#left = connections;
  }

  /** @returns the bytes of the request */
  sign(operation: string, input: object): Buffer {
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
    const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
    return Buffer.from(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  async send(request: Buffer): Promise<KmsAnswer> {
    const connection = await this.#take();
    try {
      const { status, body } = await connection.send(request);
      return { status, fields: JSON.parse(body.toString()) as KmsAnswer['fields'] };
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(connection);
      else next(connection);
    }
  }

  /** @throws Error for anything but success */
  async call(operation: string, input: object): Promise<KmsAnswer['fields']> {
    const { status, fields } = await this.send(this.sign(operation, input));
    if (status === 200) return fields;
    throw new Error(`${operation}: ${JSON.stringify(fields)}`);
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }

  /** The simulator closes connections that are idle for seconds. */
  async #take(): Promise<Connection> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.isClosed) return idle;
      this.#left += 1;
    }
    if (this.#left === 0) {
      return new Promise((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#left -= 1;
    return Connection.openPlain(Number(new URL(this.#caller.endpoint).port));
  }
}

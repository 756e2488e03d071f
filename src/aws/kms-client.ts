import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
import { request } from 'undici';
import { z } from 'zod';
import { parsedJson } from '../shared/parsed-json.js';
import type { AwsCredentials } from './credentials/credentials.js';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TIMEOUT_MS = 30_000;
/** Pauses before the second and the third attempt. */
const PAUSES_MS = [500, 2_000];
const CLIENT_ERRORS = 400;
const SERVER_ERRORS = 500;
const READING = /^(Describe|List)/;

const failureSchema = z.looseObject({
  __type: z.string(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/** A refusal by KMS. Its name is that of the exception. */
export class KmsError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** An answer that is none of KMS's: a failure without an exception, or another output. */
export class KmsAnswerError extends Error {
  override readonly name = 'KmsAnswerError';
}

/** The place of KMS, and the credentials that call it. */
export interface KmsTarget {
  /** URL without a path. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

/** Calls AWS KMS. @see Smithy, "AWS JSON 1.1 protocol" */
export class KmsClient {
  readonly #target: KmsTarget;
  readonly #pausesMs: readonly number[];

  /** @param pausesMs before each further attempt; none for a single one */
  constructor(target: KmsTarget, pausesMs: readonly number[] = PAUSES_MS) {
    this.#target = target;
    this.#pausesMs = pausesMs;
  }

  get region(): string {
    return this.#target.region;
  }

  /**
   * Calls an operation. What KMS throttles is tried twice more, and of what only reads also what
   * KMS fails at itself: something that changes may have been done.
   *
   * @param output the members that are read
   * @throws KmsError, KmsAnswerError, or the network's error
   */
  async call<Output extends z.ZodType>(
    operation: string,
    input: object,
    output: Output,
  ): Promise<z.output<Output>> {
    for (const pauseMs of this.#pausesMs) {
      const { status, body } = await this.#send(operation, input);
      if (!mayBeRepeated(operation, { status, body }))
        return read(operation, { status, body }, output);
      await sleep(pauseMs);
    }
    return read(operation, await this.#send(operation, input), output);
  }

  async #send(operation: string, input: object): Promise<Answer> {
    const { endpoint, region, credentials } = this.#target;
    const body = JSON.stringify(input);
    const signed = aws4.sign(
      {
        method: 'POST',
        host: new URL(endpoint).host,
        path: '/',
        service: 'kms',
        region,
        body,
        headers: { 'Content-Type': CONTENT_TYPE, 'X-Amz-Target': `TrentService.${operation}` },
      },
      {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken && { sessionToken: credentials.sessionToken.reveal() }),
      },
    );
    const headers = Object.entries(signed.headers ?? {}).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const answer = await request(`${endpoint}/`, {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    return { status: answer.statusCode, body: await answer.body.text() };
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function mayBeRepeated(operation: string, { status, body }: Answer): boolean {
  if (status >= SERVER_ERRORS) return READING.test(operation);
  return status >= CLIENT_ERRORS && nameIn(parsedJson(body)) === 'ThrottlingException';
}

/** The name of an exception, without the namespace that may stand before it. */
function nameIn(json: unknown): string | undefined {
  return failureSchema.safeParse(json).data?.__type.split('#').at(-1);
}

function read<Output extends z.ZodType>(
  operation: string,
  { status, body }: Answer,
  output: Output,
): z.output<Output> {
  const json = parsedJson(body || '{}');
  if (status !== 200) {
    const { data } = failureSchema.safeParse(json);
    const name = nameIn(json);
    if (name !== undefined) throw new KmsError(name, data?.message ?? data?.Message ?? '');
    throw new KmsAnswerError(
      `${operation} was answered with status ${String(status)}, and no exception.`,
    );
  }
  const result = output.safeParse(json);
  if (result.success) return result.data;
  throw new KmsAnswerError(
    `The answer to ${operation} is not that of KMS: ${z.prettifyError(result.error)}`,
  );
}

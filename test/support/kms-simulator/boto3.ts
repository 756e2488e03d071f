import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { LATE, TRIES } from './simulator-process.js';

const script = fileURLToPath(new URL('boto3_calls.py', import.meta.url));

/** An answer of boto3: the output, or the exception as its caller sees it. */
export interface BotoAnswer {
  readonly output?: Readonly<Record<string, unknown>>;
  /** Name of the exception's class: `ClientError` where the client's model does not know it. */
  readonly exception?: string;
  /** True where it is the class of `client.exceptions`. */
  readonly typed?: boolean;
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
}

/** boto3, unchanged, in a Python process. */
export class Boto3 {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  /** @param folder of the package, and the environment with the endpoint and the credentials */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn('python3', [script], {
      env: { ...process.env, ...env, PYTHONPATH: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#reader = createInterface(this.#child.stdout);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @param operation in Python's spelling, such as `create_key` */
  async call(operation: string, input: object = {}): Promise<BotoAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#ask({ operation, input });
      if (attempt === TRIES || !LATE.test(answer.message ?? '')) return answer;
    }
  }

  /** All pages of a listing, by boto3's own paginator. */
  async pages(paginator: string, input: object = {}): Promise<Readonly<Record<string, unknown>>[]> {
    const answer = await this.#ask({ paginator, input });
    return (answer.output?.['pages'] ?? []) as Readonly<Record<string, unknown>>[];
  }

  close(): void {
    this.#child.stdin.end();
    this.#reader.close();
  }

  async #ask(request: object): Promise<BotoAnswer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('boto3 has ended; its last words are on standard error');
    return JSON.parse(value) as BotoAnswer;
  }
}

/** Bytes for boto3. */
export function bytes(text: string | Buffer): { readonly bytes: string } {
  return { bytes: Buffer.from(text).toString('base64') };
}

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from '../call.js';
import type { Caller } from '../configuration.js';
import type { CallListener, UsedKey } from '../events/finished-call.js';
import { KmsException } from '../exceptions.js';
import type { Kms, Operation, Output } from '../operations/operation.js';
import { parseBody, readBody } from './body.js';
import type { CallerCheck } from './caller-check.js';

const TARGET_PREFIX = 'TrentService.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';
const NOT_FOUND = 404;
const INTERNAL_ERROR = 500;

/** The ports of the API. */
export interface KmsApiPorts {
  readonly operations: readonly Operation[];
  readonly kms: Kms;
  readonly callers: CallerCheck;
  readonly listener: CallListener;
  /** Is told of faults of the simulator itself. */
  readonly onError: (error: unknown) => void;
}

/**
 * The API of KMS in the protocol AWS JSON 1.1.
 *
 * @see Smithy, "AWS JSON 1.1 protocol"
 */
export class KmsApi {
  readonly #ports: KmsApiPorts;
  readonly #operations: ReadonlyMap<string, Operation>;

  constructor(ports: KmsApiPorts) {
    this.#ports = ports;
    this.#operations = new Map(ports.operations.map((operation) => [operation.name, operation]));
  }

  /** Answers a request. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    try {
      const output = await this.#perform(request, requestId);
      send(response, { status: 200, requestId, body: output });
    } catch (error) {
      const exception = this.#exceptionOf(error);
      const { name, message, status } = exception;
      const body = { __type: name, ...(message === '' ? {} : { message }) };
      send(response, { status, requestId, body });
    }
  }

  async #perform(request: IncomingMessage, requestId: string): Promise<Output> {
    const body = await readBody(request);
    if (request.method !== 'POST' || request.url !== '/') {
      throw new KmsException('UnknownOperationException', '', NOT_FOUND);
    }
    const caller = this.#ports.callers.check(request, body);
    const operation = this.#operationOf(request);
    const call = callOf(request, { caller, requestId, operation: operation.name });
    const used: UsedKey[] = [];
    const input = parseBody(body);
    const { kms, listener } = this.#ports;
    try {
      const output = await operation.perform(input, { call, used }, kms);
      listener.finished(call, { input, keys: used, output });
      return output;
    } catch (error) {
      const exception = this.#exceptionOf(error);
      const { name, message } = exception;
      listener.finished(call, { input, keys: used, error: { name, message } });
      throw exception;
    }
  }

  #operationOf({ headers }: IncomingMessage): Operation {
    const target = String(headers['x-amz-target'] ?? '');
    const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
    const operation = this.#operations.get(name);
    if (operation === undefined) throw new KmsException('UnknownOperationException', '');
    return operation;
  }

  #exceptionOf(error: unknown): KmsException {
    if (error instanceof KmsException) return error;
    this.#ports.onError(error);
    return new KmsException(
      'KMSInternalException',
      'The simulator has failed; its log says why.',
      INTERNAL_ERROR,
    );
  }
}

function callOf(
  { headers, socket }: IncomingMessage,
  made: { readonly caller: Caller; readonly requestId: string; readonly operation: string },
): Call {
  const { caller, requestId, operation } = made;
  return {
    requestId,
    operation,
    principalArn: caller.principal,
    sessionArn: caller.session ?? caller.principal,
    accessKeyId: caller.accessKeyId,
    account: caller.principal.split(':')[4] ?? '',
    viaService: caller.viaService,
    sourceVpc: caller.sourceVpc,
    sourceVpce: caller.sourceVpce,
    sourceAddress: socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    userAgent: headers['user-agent'] ?? '',
  };
}

function send(
  response: ServerResponse,
  answer: { readonly status: number; readonly requestId: string; readonly body: Output },
): void {
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': Buffer.byteLength(text),
    'x-amzn-RequestId': answer.requestId,
    'Cache-Control': 'no-cache, no-store, must-revalidate, private',
  });
  response.end(text);
}

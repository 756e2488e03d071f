import type { Clock } from '../shared/clock.js';
import { IsoTime } from '../shared/iso-time.js';
import { printable } from '../shared/printable.js';
import type { LogDestination } from './log-destination.js';
import type { Logger } from './logger.js';
import { isUnauthenticated, type RequestRecord } from './request-record.js';
import { StrangerLog } from './stranger-log.js';

/** JSON of printable ASCII whose strings needed no escape: nothing in it can forge a line. */
const PLAIN_JSON = /^[\x20-\x5b\x5d-\x7e]{1,2000}$/;

/**
 * Writes one line for one request: the fields of its record and no others, absent ones left out.
 * The lines look like pino's and share their destination, but are put together here: pino walks
 * field by field, which took a seventh of a request's processor time.
 *
 * @see XKS Proxy API, section Logging
 */
export class RequestLog {
  readonly #logger: Logger;
  readonly #destination: LogDestination;
  readonly #strangers: StrangerLog;
  readonly #time: IsoTime;

  /**
   * @param logger whose level decides what is written
   * @param strangers shared with whoever else writes lines about strangers
   */
  constructor(
    logger: Logger,
    destination: LogDestination,
    clock: Clock,
    strangers = new StrangerLog(logger, clock),
  ) {
    this.#logger = logger;
    this.#destination = destination;
    this.#strangers = strangers;
    this.#time = new IsoTime(clock);
  }

  write(record: RequestRecord): void {
    const level = levelOf(record.status);
    if (!this.#logger.isLevelEnabled(level)) return;
    if (isUnauthenticated(record) && !this.#strangers.isTold(record.errorName ?? 'none')) return;
    const head = `{"level":"${level}","time":"${this.#time.now()}","component":"request",`;
    this.#destination.write(`${head}${fieldsOf(record).slice(1)}\n`);
  }
}

/** Success at info; what the client did wrong, 501 (too large) among it, at warn; what we did at error. */
function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status < 400) return 'info';
  return status < 500 || status === 501 ? 'warn' : 'error';
}

/** As a JSON object, with whatever a client may have written, even in part, made printable. */
function fieldsOf(record: RequestRecord): string {
  const fields = onlyFields(record);
  const json = JSON.stringify(fields);
  if (PLAIN_JSON.test(json)) return json;
  return JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'string' ? printable(value) : value,
  );
}

/** What the audit log alone has. */
type NotLogged = 'aad' | 'ciphertext' | 'authorization' | 'nodesTried' | 'clientCertificateSubject';

function onlyFields(record: RequestRecord): Omit<RequestRecord, NotLogged> {
  return {
    target: record.target,
    operation: record.operation,
    keyStore: record.keyStore,
    externalKeyId: record.externalKeyId,
    keyVersion: record.keyVersion,
    keyManager: record.keyManager,
    node: record.node,
    location: record.location,
    accessKeyId: record.accessKeyId,
    kmsRequestId: record.kmsRequestId,
    kmsOperation: record.kmsOperation,
    kmsKeyArn: record.kmsKeyArn,
    awsPrincipalArn: record.awsPrincipalArn,
    kmsViaService: record.kmsViaService,
    awsSourceVpc: record.awsSourceVpc,
    awsSourceVpce: record.awsSourceVpce,
    clientAddress: record.clientAddress,
    clientCertificateName: record.clientCertificateName,
    status: record.status,
    errorName: record.errorName,
    cause: record.cause,
    authenticationFailure: record.authenticationFailure,
    durationUs: record.durationUs,
  };
}

import { printable } from '../shared/printable.js';
import type { Logger } from './logger.js';
import type { RequestRecord } from './request-record.js';

/**
 * Writes one line for one request: the fields of its record and no others, absent ones left out.
 * Success at info; what the client did wrong, 501 (too large) among it, at warn; what we did at error.
 *
 * @see XKS Proxy API, section Logging
 */
export function logRequest(logger: Logger, record: RequestRecord): void {
  if (record.status < 400) {
    logger.info(lineOf(record));
  } else if (record.status < 500 || record.status === 501) {
    logger.warn(lineOf(record));
  } else {
    logger.error(lineOf(record));
  }
}

/** Made printable here is whatever a client may have written, even in part. */
function lineOf(record: RequestRecord): RequestRecord {
  return {
    target: clientText(record.target),
    operation: record.operation,
    keyStore: record.keyStore,
    externalKeyId: clientText(record.externalKeyId),
    keyVersion: record.keyVersion,
    node: record.node,
    accessKeyId: clientText(record.accessKeyId),
    kmsRequestId: clientText(record.kmsRequestId),
    kmsOperation: clientText(record.kmsOperation),
    kmsKeyArn: clientText(record.kmsKeyArn),
    awsPrincipalArn: clientText(record.awsPrincipalArn),
    kmsViaService: clientText(record.kmsViaService),
    awsSourceVpc: clientText(record.awsSourceVpc),
    awsSourceVpce: clientText(record.awsSourceVpce),
    clientAddress: record.clientAddress,
    clientCertificateName: clientText(record.clientCertificateName),
    status: record.status,
    errorName: record.errorName,
    cause: clientText(record.cause),
    authenticationFailure: record.authenticationFailure,
    durationUs: record.durationUs,
  };
}

function clientText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : printable(text);
}

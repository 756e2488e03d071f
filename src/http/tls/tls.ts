import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import type { Secret } from '../../shared/secret.js';

/** @see XKS Proxy API, section "KMS-XKS Proxy communication" */
const CIPHER_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

/** KMS gives up on the whole call after 250 ms; Node's own limit is 120 s. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** The contents of the files that a listener's `tls` names, PEM. */
export interface TlsMaterial {
  readonly certificateChain: string;
  readonly privateKey: Secret;
  /** Absent without mutual TLS. */
  readonly clientRoots: readonly string[] | undefined;
}

/** The certificates of a listener, read and inspected. */
export interface ListenerCertificates {
  readonly material: TlsMaterial;
  /** Time at which the first certificate of the chain expires, in ms since 1970. */
  readonly expiresAt: number | undefined;
}

/**
 * The options of Node's TLS server.
 *
 * A resumed session would bring the client certificate's verdict from the time it was made, so
 * with mutual TLS there are no tickets, and every connection shows its certificate. Renegotiation
 * could replace the certificate after it was looked at.
 */
export function tlsOptions(material: TlsMaterial): TlsOptions {
  const common: TlsOptions = {
    cert: material.certificateChain,
    key: material.privateKey.reveal(),
    minVersion: 'TLSv1.2',
    ciphers: CIPHER_SUITES,
    honorCipherOrder: true,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  if (material.clientRoots === undefined) return common;
  return {
    ...common,
    ca: [...material.clientRoots],
    requestCert: true,
    rejectUnauthorized: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  };
}

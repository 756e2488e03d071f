import { z } from 'zod';
import {
  bytesField,
  countField,
  dnsNameField,
  hostField,
  listField,
  millisecondsField,
  nameField,
  pathField,
  portField,
} from '../configuration/reading/field-types.js';
import { DAY_MS } from '../shared/durations.js';

const clientCertificatesSchema = z
  .strictObject({
    roots: listField(pathField(), 'a list of PEM files, at least one').describe(
      'PEM files with the certificate authorities that client certificates must be from; no others are trusted. `certs/` has those of Amazon Trust Services.',
    ),
    allowedNames: listField(dnsNameField(), 'a list of DNS names, at least one').describe(
      'Names of clients that may connect, compared whole with the common name and the DNS names of the certificate. AWS KMS presents `cks.kms.<region>.amazonaws.com`.',
    ),
  })
  .describe(
    'Mutual TLS: a client without an acceptable certificate is disconnected before it can send a request.',
  );

/** The `tls` of a listener. */
export const tlsSchema = z
  .strictObject({
    certificateChain: pathField().describe(
      'PEM file: the certificate of this server first, then the intermediates in order.',
    ),
    privateKey: pathField().describe('PEM file: the private key of the certificate.'),
    publicNames: listField(dnsNameField(), 'a list of DNS names, at least one')
      .default([])
      .describe(
        'Names under which AWS KMS calls this listener. A certificate that does not cover them is warned about.',
      ),
    clientCertificates: clientCertificatesSchema.optional(),
  })
  .describe('TLS 1.2 and 1.3, with only the cipher suites of the specification.');

const limitsSchema = z
  .strictObject({
    maxBodyBytes: bytesField({ min: 16_384, max: 16_777_216 })
      .default(65_536)
      .describe(
        'Maximum size of a request body. In base64, 65536 has room for about 48,000 bytes of AAD; for the 65,535 that Holdfast can process, set 131072.',
      ),
    maxHeaderBytes: bytesField({ min: 4_096, max: 1_048_576 })
      .default(16_384)
      .describe('Maximum size of a request head: the request line and all headers.'),
    headersTimeoutMs: millisecondsField({ min: 100, max: DAY_MS })
      .default(5_000)
      .describe('Time limit for the head of a request to arrive. Checked every second.'),
    requestTimeoutMs: millisecondsField({ min: 100, max: DAY_MS })
      .default(5_000)
      .describe('Time limit for a whole request to arrive. Checked every second.'),
    maxConnections: countField({ min: 1, max: 1_000_000 })
      .default(4_096)
      .describe(
        'Maximum number of connections at once. Beyond it, the oldest connection without an authenticated request is closed; connections with one are never closed for this.',
      ),
    maxConnectionsPerAddress: countField({ min: 1, max: 1_000_000 })
      .optional()
      .describe(
        'Maximum number of connections at once from one IPv4 address or IPv6 network (/64), with the same rule. Leave it out behind a load balancer that hides the addresses of its clients.',
      ),
    unauthenticatedIdleMs: millisecondsField({ min: 100, max: DAY_MS })
      .default(5_000)
      .describe('Idle time after which a connection without an authenticated request is closed.'),
    authenticatedIdleMs: millisecondsField({ min: 100, max: DAY_MS })
      .default(400_000)
      .describe(
        'Idle time after which a connection with an authenticated request is closed. The default is longer than the 350 s of a Network Load Balancer.',
      ),
  })
  .refine(({ headersTimeoutMs, requestTimeoutMs }) => headersTimeoutMs <= requestTimeoutMs, {
    path: ['headersTimeoutMs'],
    error: 'no more than requestTimeoutMs, which the head is a part of',
  })
  .prefault({})
  .describe('Limits on requests and connections, most of them for clients before authentication.');

/** An entry of `listeners` in the configuration. */
export const listenerSchema = z
  .strictObject({
    name: nameField()
      .optional()
      .describe('Shown in logs and metrics. Default: the host and the port.'),
    host: hostField().describe('The address to listen on; `0.0.0.0` for every IPv4 address.'),
    port: portField().describe('The port to listen on. AWS KMS calls port 443 only.'),
    tls: tlsSchema.optional(),
    plainHttp: z
      .literal(true, { error: 'true, or leave it out' })
      .optional()
      .describe(
        'Serves without TLS, for use behind something that terminates it on the same host. Either this or `tls`.',
      ),
    limits: limitsSchema,
  })
  .refine(({ tls, plainHttp }) => (tls === undefined) !== (plainHttp === undefined), {
    error: 'exactly one of tls and plainHttp: true',
  })
  .describe('A listener of the XKS Proxy API, which AWS KMS calls.');

/** The `operations` part of the configuration. */
export const operationsSchema = z
  .strictObject({
    host: hostField()
      .default('127.0.0.1')
      .describe('The address to listen on. Metrics name keys: keep it off public networks.'),
    port: portField().default(9_464).describe('The port to listen on.'),
  })
  .prefault({})
  .describe('Probes and metrics over plain HTTP: /ping, /livez, /readyz and /metrics.');

/** An entry of `listeners`, checked and with its defaults. */
export type ListenerConfig = z.infer<typeof listenerSchema>;

/** The TLS settings of a listener. */
export type TlsConfig = z.infer<typeof tlsSchema>;

/** The `operations` part of the configuration, checked and with its defaults. */
export type OperationsConfig = z.infer<typeof operationsSchema>;

/** The name of a listener in logs and metrics. */
export function listenerName(listener: Pick<ListenerConfig, 'name' | 'host' | 'port'>): string {
  return listener.name ?? `${listener.host}:${listener.port}`;
}

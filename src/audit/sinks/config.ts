import { z } from 'zod';
import {
  bytesField,
  choiceField,
  dnsNameField,
  hostField,
  listField,
  nameField,
  pathField,
  portField,
  textField,
} from '../../configuration/reading/field-types.js';
import { FACILITY_NAMES } from './syslog/message.js';

const MIB = 1024 * 1024;

const common = {
  name: nameField().describe('Shown in logs and metrics, and in records of what it missed.'),
  carries: listField(
    choiceField(['records', 'checkpoints']),
    'a list of records and checkpoints, at least one',
  )
    .default(['records', 'checkpoints'])
    .describe(
      'What the sink gets. A checkpoint is proof only where whoever can write to the log cannot.',
    ),
};

const stdoutSinkSchema = z
  .strictObject({ ...common, type: z.literal('stdout') })
  .describe('Standard output, among the lines of the log of the server.');

const tlsSchema = z
  .strictObject({
    ca: pathField()
      .optional()
      .describe("PEM: the authorities that may vouch for the collector, instead of Node's own."),
    certificate: pathField()
      .optional()
      .describe('PEM, leaf first: what Holdfast shows the collector.'),
    privateKey: pathField().optional().describe('PEM: the private key of `certificate`.'),
    serverName: dnsNameField()
      .optional()
      .describe("The name in the collector's certificate, where it is not `host`."),
  })
  .refine((tls) => (tls.certificate === undefined) === (tls.privateKey === undefined), {
    error: 'certificate and privateKey, or neither',
  })
  .prefault({})
  .describe(
    'TLS 1.2 or 1.3, and always verified. Files are read anew for every connection, so that ' +
      'they can be replaced.',
  );

const syslogSinkSchema = z
  .strictObject({
    ...common,
    type: z.literal('syslog'),
    host: hostField().describe('The address or the name of the collector.'),
    port: portField().default(6514).describe('Its port for syslog over TLS (RFC 5425).'),
    tls: tlsSchema,
    facility: choiceField(FACILITY_NAMES)
      .default('audit')
      .describe('The facility of the messages; `audit` is 13, "log audit".'),
    appName: textField(/^[\x21-\x7e]{1,48}$/, '1 to 48 visible ASCII characters')
      .default('holdfast')
      .describe('APP-NAME of the messages.'),
    hostname: textField(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
      .optional()
      .describe('HOSTNAME of the messages; without it, the name of this host.'),
    bufferBytes: bytesField({ min: MIB, max: 1024 * 1024 * MIB })
      .default(1024 * MIB)
      .describe(
        'How far behind the collector may be, in bytes of the segments after the one that it is at. ' +
          'Beyond it whole segments are left out, and a record says which.',
      ),
  })
  .describe('A collector that takes RFC 5424 messages over TLS.');

/** The field `sinks` of the part `audit` of the configuration. */
export const sinksSchema = z
  .array(z.discriminatedUnion('type', [stdoutSinkSchema, syslogSinkSchema]), {
    error: 'a list of sinks',
  })
  .refine((sinks) => new Set(sinks.map(({ name }) => name)).size === sinks.length, {
    error: 'sinks with a name of its own each',
  })
  .default([])
  .describe('Where copies of the log go. No request waits for a sink.');

/** A sink as configured; paths are absolute. */
export type SinkConfig = z.output<typeof sinksSchema>[number];

/** A syslog sink as configured. */
export type SyslogSinkConfig = Extract<SinkConfig, { type: 'syslog' }>;

/** The kinds of things that a sink gets. */
export type Carried = SinkConfig['carries'];

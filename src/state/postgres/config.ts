import { z } from 'zod';
import {
  countField,
  flagField,
  listField,
  millisecondsField,
  pathField,
  secretField,
  textField,
} from '../../configuration/reading/field-types.js';

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;
const IDENTIFIER_ALLOWED = '1 to 63 lower-case letters, digits and underscores, no digit first';
/** 1 to 65535, as a pattern, so that editors know it, too. */
const PORT = '[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]';
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:|$)/;

const tlsSchema = z
  .strictObject({
    certificateAuthority: pathField().describe(
      "PEM file with the certificate authorities that the servers' certificates must be from.",
    ),
    certificate: pathField()
      .optional()
      .describe('PEM file, leaf first: the client certificate, where servers ask for one.'),
    privateKey: pathField().optional().describe('PEM file with the private key of `certificate`.'),
  })
  .refine((tls) => (tls.certificate === undefined) === (tls.privateKey === undefined), {
    error: 'certificate and privateKey, or neither',
  })
  .describe('Certificates of the connections to the servers.');

/** The fields of `state` in the configuration of `type: postgres` alone. */
export const postgresStateFields = {
  type: z.literal('postgres'),
  addresses: listField(
    textField(
      new RegExp(`^([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:(${PORT}))?$`),
      'a host name or an address, and a port after a colon, such as db1.example:5432',
    ),
    'a list of servers, at least one',
  ).describe(
    'The servers of one PostgreSQL, 15 or later: the primary and those that may become it. They ' +
      'are tried in turn, and a server in recovery is passed over. Without a port: 5432.',
  ),
  database: textField(/^[^\0]{1,63}$/, 'the name of a database, 1 to 63 characters')
    .default('holdfast')
    .describe('The database.'),
  user: textField(/^[^\0]{1,63}$/, 'the name of a role, 1 to 63 characters')
    .default('holdfast_serve')
    .describe('The role that serves. It needs no right to change tables.'),
  password: secretField(/^[^\0]{1,1024}$/, 'a password, 1 to 1024 characters')
    .optional()
    .describe("The role's password. Not needed where a client certificate is enough."),
  schema: textField(IDENTIFIER, IDENTIFIER_ALLOWED)
    .default('holdfast')
    .describe('The schema that has the tables, and nothing else.'),
  tls: z
    .union([z.literal('off'), tlsSchema], {
      error: 'certificateAuthority and, if need be, certificate and privateKey; or off',
    })
    .describe('TLS towards the servers; `off` for servers on this machine alone.'),
  poolSize: countField({ min: 2, max: 50 })
    .default(4)
    .describe('Maximum number of connections to a server.'),
  connectTimeoutMs: millisecondsField({ min: 100, max: 60_000 })
    .default(2_000)
    .describe('Time limit for a connection, TLS handshake and login included.'),
  statementTimeoutMs: millisecondsField({ min: 100, max: 60_000 })
    .default(5_000)
    .describe('Time limit for a statement, the wait of a commit for a standby included.'),
  expectStandby: flagField()
    .optional()
    .describe(
      'Whether a synchronous standby must be there, so that a failover loses nothing; without one ' +
        'start and health warn. Default: true with more than one address.',
    ),
};

/** The mistakes that show in several fields together. */
export function isTlsWhereNeeded(config: {
  readonly tls: unknown;
  readonly addresses: readonly string[];
}): boolean {
  return config.tls !== 'off' || config.addresses.every((address) => LOOPBACK.test(address));
}

/** The completion of the sentence "allowed: …" for {@link isTlsWhereNeeded}. */
export const TLS_WHERE_NEEDED = 'off with addresses of this machine alone (127.0.0.1, localhost)';

/** A state store in PostgreSQL as configured; paths are absolute. */
export type PostgresStateConfig = z.output<z.ZodObject<typeof postgresStateFields>>;

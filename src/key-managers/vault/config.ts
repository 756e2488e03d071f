import { z } from 'zod';
import {
  choiceField,
  countField,
  listField,
  locationField,
  millisecondsField,
  nameField,
  pathField,
  textField,
} from '../../configuration/reading/field-types.js';
import { loginSchema } from './login-config.js';

const EXTERNAL_KEY_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;
const PLACEHOLDER = '{externalKeyId}';

const nodeSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and GetHealthStatus. One name a node.'),
    address: textField(
      /^(https:\/\/[A-Za-z0-9.:[\]-]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)$/,
      'https://, a host and, if need be, a port, without a path; http:// for this machine alone',
    ).describe('Address of one server. Redirects are not followed, so give every server a node.'),
    location: locationField(),
  })
  .describe('A server of the cluster.');

const tlsSchema = z
  .strictObject({
    roots: listField(pathField(), 'a list of PEM files, at least one')
      .optional()
      .describe(
        "Certificate authorities that the servers' certificates must be from, instead of Node's own.",
      ),
    clientCertificate: pathField()
      .optional()
      .describe(
        'PEM file, leaf first: the client certificate, also used by the login method `cert`.',
      ),
    clientKey: pathField()
      .optional()
      .describe('PEM file with the private key of `clientCertificate`.'),
  })
  .refine((tls) => (tls.clientCertificate === undefined) === (tls.clientKey === undefined), {
    error: 'clientCertificate and clientKey, or neither',
  })
  .describe('Certificates of the connections to the servers.');

const keySchema = z
  .strictObject({
    externalKeyId: textField(
      EXTERNAL_KEY_ID,
      'an external key id: 1 to 128 letters, digits, dots, hyphens and underscores',
    ).describe('The external key id, as KMS uses it.'),
    transitKey: textField(
      /^\w([\w.-]*\w)?$/,
      'a Transit key: letters, digits, dots, hyphens and underscores; no dot or hyphen at either end',
    )
      .optional()
      .describe('The name of the Transit key, if it differs from `transitKeyTemplate`.'),
    usage: z
      .array(choiceField(['ENCRYPT', 'DECRYPT']), { error: 'a list of ENCRYPT and DECRYPT' })
      .default(['ENCRYPT', 'DECRYPT'])
      .describe(
        'The allowed operations. Transit does not record them, so they are configured here.',
      ),
  })
  .describe('A key with a name or usage of its own.');

/** An entry of `keyManagers` in the configuration with `type: vault`. */
export const vaultKeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('vault'),
    nodes: listField(nodeSchema, 'a list of nodes, at least one').describe(
      'The servers. Each must have all the keys: members of one cluster, or its replicas.',
    ),
    mountPath: textField(
      /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
      'a path such as transit, without a slash at either end',
    )
      .default('transit')
      .describe('Mount path of the Transit engine.'),
    namespace: textField(/^[A-Za-z0-9_./-]{1,256}$/, 'a namespace such as team-a/production')
      .optional()
      .describe('The namespace of the login and of the Transit engine.'),
    tls: tlsSchema.prefault({}),
    login: loginSchema,
    transitKeyTemplate: textField(
      /^[A-Za-z0-9._-]*\{externalKeyId\}[A-Za-z0-9._-]*$/,
      `letters, digits, dots, hyphens and underscores around one ${PLACEHOLDER}`,
    )
      .default(PLACEHOLDER)
      .describe(
        'The name of the Transit key for an external key id that has no `transitKey` in `keys`.',
      ),
    keys: z
      .array(keySchema, { error: 'a list of keys' })
      .default([])
      .describe(
        'Keys with another name than `transitKeyTemplate` gives, or with a restricted usage.',
      ),
    metadataMaxAgeMs: millisecondsField({ min: 100, max: 600_000 })
      .default(30_000)
      .describe(
        'Maximum age of a key description. It is read again in the background from half of ' +
          'this age on. A new version encrypts 5 s after this time, when every replica knows it.',
      ),
    maxConnections: countField({ min: 1, max: 1_000 })
      .default(32)
      .describe(
        'Maximum number of connections to each node. Each carries one operation at a time.',
      ),
    connectTimeoutMs: millisecondsField({ min: 10, max: 60_000 })
      .default(1_000)
      .describe('Time limit for a new connection, TLS handshake included.'),
  })
  .refine(({ nodes }) => areDistinct(nodes.map(({ name }) => name)), {
    error: 'nodes with a name of its own each',
    path: ['nodes'],
  })
  .refine(({ keys }) => areDistinct(keys.map(({ externalKeyId }) => externalKeyId)), {
    error: 'one entry an externalKeyId',
    path: ['keys'],
  })
  .refine(({ keys, transitKeyTemplate }) => areDistinct(transitKeysOf(keys, transitKeyTemplate)), {
    error: 'one externalKeyId a transitKey, also where transitKeyTemplate gives it',
    path: ['keys'],
  })
  .refine(({ login, tls }) => login.method !== 'cert' || tls.clientCertificate !== undefined, {
    error: 'tls.clientCertificate and tls.clientKey, with login.method cert',
    path: ['tls'],
  })
  .describe('Keys in the Transit engine of OpenBao or HashiCorp Vault.');

/** A vault key manager as configured; paths are absolute. */
export type VaultKeyManagerConfig = z.output<typeof vaultKeyManagerSchema>;

/** One of its servers. */
export type VaultNodeConfig = VaultKeyManagerConfig['nodes'][number];

/** @param template what gives the name of those that have none of their own */
function transitKeysOf(
  keys: readonly { readonly externalKeyId: string; readonly transitKey?: string | undefined }[],
  template: string,
): readonly string[] {
  return keys.map(
    ({ externalKeyId, transitKey }) => transitKey ?? template.replace(PLACEHOLDER, externalKeyId),
  );
}

function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

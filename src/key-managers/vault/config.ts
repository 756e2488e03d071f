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
    ).describe('Of one server. Redirects are not followed, so name every server that may serve.'),
    location: locationField(),
  })
  .describe('A server of the cluster.');

const tlsSchema = z
  .strictObject({
    roots: listField(pathField(), 'a list of PEM files, at least one')
      .optional()
      .describe(
        "The certificate authorities that may vouch for the servers, instead of Node's own.",
      ),
    clientCertificate: pathField()
      .optional()
      .describe('PEM, leaf first: what Holdfast shows the servers, and logs in with by `cert`.'),
    clientKey: pathField().optional().describe('PEM: the private key of `clientCertificate`.'),
  })
  .refine((tls) => (tls.clientCertificate === undefined) === (tls.clientKey === undefined), {
    error: 'clientCertificate and clientKey, or neither',
  })
  .describe('How the servers and Holdfast prove who they are.');

const keySchema = z
  .strictObject({
    externalKeyId: textField(
      EXTERNAL_KEY_ID,
      'an external key id: 1 to 128 letters, digits, dots, hyphens and underscores',
    ).describe('The name that KMS uses.'),
    transitKey: textField(
      /^\w([\w.-]*\w)?$/,
      'a Transit key: letters, digits, dots, hyphens and underscores; no dot or hyphen at either end',
    )
      .optional()
      .describe('Its name in Transit, where `transitKeyTemplate` does not give it.'),
    usage: z
      .array(choiceField(['ENCRYPT', 'DECRYPT']), { error: 'a list of ENCRYPT and DECRYPT' })
      .default(['ENCRYPT', 'DECRYPT'])
      .describe('What the key may be used for: Transit has no such thing, so it is said here.'),
  })
  .describe('A key that is not named or not used as all the others.');

/** An entry of `keyManagers` in the configuration with `type: vault`. */
export const vaultKeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('vault'),
    nodes: listField(nodeSchema, 'a list of nodes, at least one').describe(
      'The servers, each of which can do everything: those of one cluster, or of replicas.',
    ),
    mountPath: textField(
      /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
      'a path such as transit, without a slash at either end',
    )
      .default('transit')
      .describe('Where the Transit engine is mounted.'),
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
      .describe('The name in Transit of every key that `keys` does not name otherwise.'),
    keys: z
      .array(keySchema, { error: 'a list of keys' })
      .default([])
      .describe('The exceptions from `transitKeyTemplate`, and keys for one direction.'),
    metadataMaxAgeMs: millisecondsField({ min: 100, max: 600_000 })
      .default(30_000)
      .describe(
        'How old what Holdfast knows of a key may be. Refreshed in the background after half of ' +
          'it. A new version encrypts 5 s after it, when every replica knows it.',
      ),
    maxConnections: countField({ min: 1, max: 1_000 })
      .default(32)
      .describe('Kept open to each node; one operation at a time on each.'),
    connectTimeoutMs: millisecondsField({ min: 10, max: 60_000 })
      .default(1_000)
      .describe('For a new connection, TLS included.'),
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

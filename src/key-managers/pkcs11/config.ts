import { z } from 'zod';
import {
  choiceField,
  countField,
  listField,
  locationField,
  millisecondsField,
  nameField,
  pathField,
  secretField,
  textField,
} from '../../configuration/reading/field-types.js';
import { environmentSchema } from './environment-config.js';
import { PROFILE_NAMES, PROFILES } from './vendor-profiles.js';
import { templateProblem } from './telling-apart.js';

const tokenText = () =>
  textField(/^[^\p{Cc}]{1,32}$/u, 'text of 1 to 32 characters without control characters');

const tokenSchema = z
  .union(
    [
      z.strictObject({ label: tokenText().describe('The label of the token.') }),
      z.strictObject({ serial: tokenText().describe('The serial number of the token.') }),
      z.strictObject({
        slot: countField({ min: 0, max: 2 ** 32 - 1 }).describe(
          'The id of the slot. SoftHSM and others may renumber slots.',
        ),
      }),
    ],
    { error: 'one of label, serial and slot' },
  )
  .describe('The token, by label, serial number or slot.');

const nodeSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and GetHealthStatus. One name a node.'),
    location: locationField(),
    token: tokenSchema,
    pin: secretField(/^.{1,255}$/s, 'a PIN of 1 to 255 characters').describe(
      'The user PIN of the token. A wrong PIN is tried once.',
    ),
  })
  .describe('One token.');

/** An entry of `keyManagers` in the configuration with `type: pkcs11`. */
export const pkcs11KeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('pkcs11'),
    module: pathField().describe("The vendor's PKCS#11 library."),
    libraryParameters: textField(/^[^\0]{1,4096}$/s, 'text of 1 to 4096 characters')
      .optional()
      .describe('Parameters for C_Initialize. NSS softokn needs them.'),
    environment: environmentSchema,
    nodes: listField(nodeSchema, 'a list of nodes, at least one').describe(
      "The tokens. Each must have all the keys: one token, or copies that the vendor's tools keep equal.",
    ),
    profile: choiceField(PROFILE_NAMES).describe(
      'The vendor profile: it says who makes the IVs and which code means a wrong tag.',
    ),
    keyLabel: textField(
      /^(?=.*\{externalKeyId\})[^{}\0]*(\{(externalKeyId|version)\}[^{}\0]*)+$/,
      'a text with {externalKeyId} in it, and perhaps {version}',
    )
      .default('{externalKeyId}')
      .describe('Template for CKA_LABEL.'),
    keyId: textField(
      /^[^{}\0]*(\{(externalKeyId|version)\}[^{}\0]*)*$/,
      'a text, perhaps with {externalKeyId} and {version} in it',
    )
      .optional()
      .describe(
        'Template for CKA_ID, as text. Without it, CKA_ID is not used. Without {version} here ' +
          'or in keyLabel, every key has one version.',
      ),
    children: countField({ min: 1, max: 32 })
      .default(2)
      .describe('Number of processes that load the library. A call that hangs ends one of them.'),
    hangTimeoutMs: millisecondsField({ min: 100, max: 60_000 })
      .default(500)
      .describe(
        'Time after which a native call counts as hung; its process is killed and replaced.',
      ),
    countersDirectory: pathField().describe(
      'Folder of the encryption counters of this replica, mode 0700. Keep it when the replica moves.',
    ),
    replicas: countField({ min: 1, max: 1000 })
      .default(1)
      .describe(
        'Number of replicas that encrypt with these keys. Each may make an equal share, until ' +
          '`holdfast state adopt-counters` has made one count of theirs.',
      ),
    priorEncryptions: countField({ min: 0, max: 2 ** 32 - 1 })
      .default(0)
      .describe('Upper limit of the encryptions that a key has made before Holdfast used it.'),
  })
  .refine(({ nodes }) => new Set(nodes.map(({ name }) => name)).size === nodes.length, {
    error: 'nodes with names of their own',
    path: ['nodes'],
  })
  .superRefine(({ keyLabel, keyId, profile }, context) => {
    const names = { label: keyLabel, id: keyId };
    const problem = templateProblem(names, PROFILES[profile].sharedIds);
    if (problem === undefined) return;
    context.addIssue({ code: 'custom', path: [problem.field], message: problem.allowed });
  })
  .describe('Keys in an HSM or another token with a PKCS#11 library.');

/** One token as configured. */
export type Pkcs11NodeConfig = z.output<typeof nodeSchema>;

/** A PKCS#11 key manager as configured; paths are absolute. */
export type Pkcs11KeyManagerConfig = z.output<typeof pkcs11KeyManagerSchema>;

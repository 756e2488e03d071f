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
          'The id of the slot. SoftHSM and others number them anew at times.',
        ),
      }),
    ],
    { error: 'one of label, serial and slot' },
  )
  .describe('Which token of the module.');

const nodeSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and GetHealthStatus. One name a node.'),
    location: locationField(),
    token: tokenSchema,
    pin: secretField(/^.{1,255}$/s, 'a PIN of 1 to 255 characters').describe(
      "The PIN of the token's user. A wrong one is tried once.",
    ),
  })
  .describe('A token.');

/** An entry of `keyManagers` in the configuration with `type: pkcs11`. */
export const pkcs11KeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('pkcs11'),
    module: pathField().describe("The vendor's PKCS#11 library."),
    libraryParameters: textField(/^[^\0]{1,4096}$/s, 'text of 1 to 4096 characters')
      .optional()
      .describe('Parameters of C_Initialize, which NSS softokn needs.'),
    environment: environmentSchema,
    nodes: listField(nodeSchema, 'a list of nodes, at least one').describe(
      'The tokens, each of which has all the keys: one, or copies that the vendor keeps alike.',
    ),
    profile: choiceField(PROFILE_NAMES).describe(
      'What is peculiar to the vendor: who makes the IVs, and what a wrong tag is called.',
    ),
    keyLabel: textField(
      /^(?=.*\{externalKeyId\})[^{}\0]*(\{(externalKeyId|version)\}[^{}\0]*)+$/,
      'a text with {externalKeyId} in it, and perhaps {version}',
    )
      .default('{externalKeyId}')
      .describe('CKA_LABEL of a key.'),
    keyId: textField(
      /^[^{}\0]*(\{(externalKeyId|version)\}[^{}\0]*)*$/,
      'a text, perhaps with {externalKeyId} and {version} in it',
    )
      .optional()
      .describe(
        'CKA_ID of a key, as text; where it is missing, CKA_ID is not looked at. Without ' +
          '{version} here or in keyLabel every key has one version.',
      ),
    children: countField({ min: 1, max: 32 })
      .default(2)
      .describe('Processes that load the library. A call that hangs costs one of them.'),
    hangTimeoutMs: millisecondsField({ min: 100, max: 60_000 })
      .default(500)
      .describe('How long a native call may take before its process is killed and replaced.'),
    countersDirectory: pathField().describe(
      'The folder where this replica counts encryptions, mode 0700. Keep it when you move.',
    ),
    replicas: countField({ min: 1, max: 1000 })
      .default(1)
      .describe('How many Holdfasts encrypt with these keys; each may make its share.'),
    priorEncryptions: countField({ min: 0, max: 2 ** 32 - 1 })
      .default(0)
      .describe('Encryptions that a key may have made before it came to Holdfast.'),
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

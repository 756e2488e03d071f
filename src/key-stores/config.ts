import { z } from 'zod';
import {
  choiceField,
  countField,
  flagField,
  listField,
  nameField,
  secretField,
  textField,
  timeField,
} from '../configuration/reading/field-types.js';
import { policiesSchema } from '../authorization/config.js';
import { ACCESS_KEY_ID, MAX_LABEL_CHARACTERS } from './credentials/documents.js';
import { HEALTH_TEST_KEY_ID } from '../key-managers/backend.js';
import { decodeBase64 } from '../shared/bytes.js';
import { decodeCiphertextMetadata, MAX_METADATA_BYTES } from '../xks/ciphertext-metadata.js';
import { EXTERNAL_KEY_ID_ALPHABET } from '../xks/external-key-id.js';
import { URI_PATH_SUFFIX } from '../xks/paths.js';
import { quotasSchema } from './quotas/config.js';

const NO_BYTES = Buffer.alloc(0);

/** @see XKS Proxy API, section API operations */
const MAX_URI_PATH_LENGTH = 128;
const MAX_PREFIX_LENGTH = MAX_URI_PATH_LENGTH - URI_PATH_SUFFIX.length;

const PATH_PREFIX = new RegExp(
  `^(?=.{0,${MAX_PREFIX_LENGTH}}$)(?!.*${URI_PATH_SUFFIX}$)(/[A-Za-z0-9_-]+)*$`,
);
const EXPOSED = new RegExp(`^(?!${HEALTH_TEST_KEY_ID}$)[*${EXTERNAL_KEY_ID_ALPHABET}]{1,128}$`);

const EXPOSURE_ALLOWED = 'all, or a list of external key ids and patterns with *';

/** The keys that a key store exposes: all of its key manager, or those that one entry fits. */
export const exposureSchema = z
  .union(
    [
      choiceField(['all']),
      listField(
        textField(
          EXPOSED,
          `an external key id or a pattern: 1 to 128 letters, digits, dots, hyphens, underscores ` +
            `and * for any text; never ${HEALTH_TEST_KEY_ID}`,
        ),
        'a list of external key ids and patterns, at least one',
      ),
    ],
    { error: EXPOSURE_ALLOWED },
  )
  .meta({ errorMessage: EXPOSURE_ALLOWED })
  .describe(
    'The external keys that KMS can use through this key store: `all`, or a list of ids and ' +
      'patterns in which `*` matches any text, also an empty one (`[payroll, "hr-*"]`). ' +
      'The key that health checks use is never exposed.',
  );

const LABEL = new RegExp(`^[^\\p{Cc}]{1,${MAX_LABEL_CHARACTERS}}$`, 'u');

const credentialSchema = z
  .strictObject({
    accessKeyId: textField(
      ACCESS_KEY_ID,
      'an access key id: 20 to 30 characters of A-Z and 2-7',
    ).describe('Access key id of the credential. May be a reference.'),
    secretAccessKey: secretField(
      /^[A-Za-z0-9/+=]{43,64}$/,
      'a secret access key: 43 to 64 characters of A-Z, a-z, 0-9, /, + and =',
    ).describe('Secret with which KMS signs its requests (SigV4).'),
    label: textField(
      LABEL,
      `a label: 1 to ${MAX_LABEL_CHARACTERS} characters without control characters`,
    )
      .optional()
      .describe('What it is for, in your words. Shown in listings.'),
    notBefore: timeField().optional().describe('It is not valid before. Absent: valid at once.'),
    notAfter: timeField()
      .optional()
      .describe(
        'It is not valid from then on; warned of 30, 7 and 1 days before. Absent: for ever.',
      ),
  })
  .refine(({ notBefore = -Infinity, notAfter = Infinity }) => notBefore < notAfter, {
    path: ['notAfter'],
    error: 'a time after notBefore',
  })
  .describe('A credential with which KMS signs its requests.');

const CREDENTIALS_ALLOWED = 'a list of credentials';
const MAX_IN_USE_MINUTES = 1_440;

const STATIC_METADATA_ALLOWED =
  `1 to ${MAX_METADATA_BYTES} bytes of standard base64, and not 13 bytes that begin with 0x01, ` +
  `which would read as Holdfast's own`;

/** The settings of a key store that takes over from AWS's sample proxy. */
const awsSampleFields = {
  compatibility: choiceField(['aws-sample'])
    .optional()
    .describe(
      "Decrypts ciphertexts that AWS's sample proxy made with version 1 of the same keys: those " +
        "without metadata, or with metadata that is not of Holdfast's form.",
    ),
  write: choiceField(['aws-sample'])
    .optional()
    .describe(
      "Makes new ciphertexts as AWS's sample proxy does, with version 1 of each key, for a way " +
        "back to it. Without it they are Holdfast's own, and keys can be rotated.",
    ),
  staticCiphertextMetadata: textField(/^[A-Za-z0-9+/]{2,27}={0,2}$/, STATIC_METADATA_ALLOWED)
    .transform((text) => decodeBase64(text) ?? NO_BYTES)
    .refine((bytes) => isStaticMetadata(bytes), { error: STATIC_METADATA_ALLOWED })
    .optional()
    .describe(
      "`ciphertext_metadata_b64` of the sample proxy's settings, which goes into what " +
        '`write: aws-sample` makes. What is decrypted carries its own.',
    ),
};

function isStaticMetadata(bytes: Buffer): boolean {
  const fits = bytes.length > 0 && bytes.length <= MAX_METADATA_BYTES;
  return fits && decodeCiphertextMetadata(bytes) === undefined;
}

/** An entry of `keyStores` in the configuration. */
export const keyStoreSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    pathPrefix: textField(
      PATH_PREFIX,
      `empty, or / and then letters, digits, -, _ and / with no / at the end; ` +
        `at most ${MAX_PREFIX_LENGTH} characters, and without ${URI_PATH_SUFFIX}, which comes after it`,
    ).describe(
      'The part of XksProxyUriPath before `/kms/xks/v1`; may be empty. ' +
        'Each key store needs another one.',
    ),
    keyManager: nameField().describe('The `name` of an entry of `keyManagers`.'),
    region: textField(/^[a-z]{2,}(-[a-z0-9]+)+$/, 'an AWS region, such as eu-west-1')
      .optional()
      .describe('If set, only requests that are signed for this AWS region are accepted.'),
    exposes: exposureSchema,
    shared: flagField()
      .default(false)
      .describe('Two key stores that expose one key of one key manager must both say `true`.'),
    credentials: z
      .array(credentialSchema, { error: CREDENTIALS_ALLOWED })
      .default([])
      .meta({ errorMessage: CREDENTIALS_ALLOWED })
      .describe(
        'All are valid at once, so that a credential can be replaced without an interruption. ' +
          'Others are added at run time (docs/access.md#credentials), which needs `state.sealing`: ' +
          'then there may be none here.',
      ),
    credentialInUseMinutes: countField({ min: 0, max: MAX_IN_USE_MINUTES })
      .default(10)
      .describe(
        'For so long after its last use a credential is removed or disabled with `--force` alone. ' +
          'AWS KMS takes up to five minutes to change over.',
      ),
    quotas: quotasSchema.optional(),
    policies: policiesSchema.optional(),
    ...awsSampleFields,
  })
  .refine(({ compatibility, write }) => compatibility !== undefined || write === undefined, {
    path: ['write'],
    error: 'only together with compatibility: aws-sample',
  })
  .refine(
    ({ compatibility, staticCiphertextMetadata }) =>
      compatibility !== undefined || staticCiphertextMetadata === undefined,
    {
      path: ['staticCiphertextMetadata'],
      error: 'only together with compatibility: aws-sample',
    },
  )
  .describe('One external key store of AWS KMS.');

/** The exposed keys of a key store, as configured. */
export type ExposureConfig = z.output<typeof exposureSchema>;

/** A key store as configured. */
export type KeyStoreConfig = z.output<typeof keyStoreSchema>;

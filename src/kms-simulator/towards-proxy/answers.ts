import { hash } from 'node:crypto';
import { z } from 'zod';
import { malformed } from './answer-body.js';

const TAG_BYTES = 16;
const IV_BYTES = [12, 16];
const MAX_METADATA_BYTES = 20;
const DIGEST_BYTES = 32;
const MAX_USAGES = 10;
const MAX_MANAGERS = 10;

/** Base64 in its one form: padded, of the standard alphabet, without bits left over. */
const base64 = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) context.addIssue('is no base64');
  return bytes;
});

const bytes = (...lengths: readonly number[]) =>
  base64.refine(
    ({ length }) => lengths.includes(length),
    `is not of ${lengths.join(' or ')} bytes`,
  );

const encryptAnswer = z.object({
  ciphertext: base64,
  ciphertextMetadata: base64
    .refine(({ length }) => length <= MAX_METADATA_BYTES, `is over ${MAX_METADATA_BYTES} bytes`)
    .optional(),
  initializationVector: bytes(...IV_BYTES),
  authenticationTag: bytes(TAG_BYTES),
  ciphertextDataIntegrityValue: bytes(DIGEST_BYTES),
});

const decryptAnswer = z.object({ plaintext: base64 });

const metadataAnswer = z.object({
  keySpec: z.string(),
  keyUsage: z.array(z.string()).max(MAX_USAGES),
  keyStatus: z.enum(['ENABLED', 'DISABLED']),
});

const healthAnswer = z.object({
  xksProxyFleetSize: z.int().positive(),
  xksProxyVendor: z.string(),
  xksProxyModel: z.string(),
  ekmVendor: z.string(),
  ekmFleetDetails: z
    .array(
      z.object({
        id: z.string(),
        model: z.string(),
        healthStatus: z.enum(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']),
      }),
    )
    .min(1)
    .max(MAX_MANAGERS),
});

/** A ciphertext of a proxy, all of which the ciphertext blob keeps. */
export interface EncryptAnswer {
  readonly ciphertext: Buffer;
  /** At most 20 bytes. */
  readonly ciphertextMetadata?: Buffer | undefined;
  /** 12 or 16 bytes. */
  readonly initializationVector: Buffer;
  /** 16 bytes. */
  readonly authenticationTag: Buffer;
}

/** The metadata of an external key. */
export type MetadataAnswer = Readonly<z.infer<typeof metadataAnswer>>;

/** The state of a proxy and its key managers. */
export type HealthAnswer = Readonly<z.infer<typeof healthAnswer>>;

/**
 * Reads the answer of Encrypt and checks all that the specification says of it.
 *
 * @throws XksFailure
 * @see XKS Proxy API, Encrypt, and Appendix C for the integrity value
 */
export function readEncryptAnswer(fields: unknown, plaintext: Buffer, aad: Buffer): EncryptAnswer {
  const { ciphertextDataIntegrityValue, ...answer } = read(encryptAnswer, fields);
  if (answer.ciphertext.length !== plaintext.length) {
    throw malformed('the ciphertext is not as long as the plaintext');
  }
  const digest = hash(
    'sha256',
    Buffer.concat([
      aad,
      answer.ciphertextMetadata ?? Buffer.alloc(0),
      answer.initializationVector,
      answer.ciphertext,
      answer.authenticationTag,
    ]),
    'buffer',
  );
  if (!digest.equals(ciphertextDataIntegrityValue)) {
    throw malformed('the integrity value is not that of the answer');
  }
  return answer;
}

/** Reads the answer of Decrypt. @throws XksFailure */
export function readDecryptAnswer(fields: unknown, ciphertext: Buffer): Buffer {
  const { plaintext } = read(decryptAnswer, fields);
  if (plaintext.length === ciphertext.length) return plaintext;
  throw malformed('the plaintext is not as long as the ciphertext');
}

/** Reads the answer of GetKeyMetadata. @throws XksFailure */
export function readMetadataAnswer(fields: unknown): MetadataAnswer {
  return read(metadataAnswer, fields);
}

/** Reads the answer of GetHealthStatus. @throws XksFailure */
export function readHealthAnswer(fields: unknown): HealthAnswer {
  return read(healthAnswer, fields);
}

function read<Answer>(schema: z.ZodType<Answer>, fields: unknown): Answer {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

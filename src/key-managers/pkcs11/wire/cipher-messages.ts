const MATERIAL_NAME_BYTES = 8;
/** Size of the two lengths at the start of a reply. */
const REPLY_SIZES_BYTES = 2;
const NOTHING = Buffer.alloc(0);

/** A request to encrypt or decrypt. It is binary, because every request of KMS needs one. */
export interface CipherRequest {
  /** The object: the text of a {@link KeyLookup}, compared as text and parsed when it is new. */
  readonly lookup: Buffer;
  /** Name of the material that the object must have, 8 bytes. */
  readonly materialName: Buffer;
  /** IV to use; empty where the token makes it. */
  readonly iv: Buffer;
  readonly aad: Buffer;
  /** Plaintext, or ciphertext followed by the tag. */
  readonly input: Buffer;
}

/** The reply to Encrypt. */
export interface CipherReply {
  readonly iv: Buffer;
  /** Ciphertext followed by the tag. */
  readonly output: Buffer;
  /**
   * SHA-256 of IV, output, AAD and plaintext before a trial decryption that gave the plaintext
   * back, 32 bytes; undefined where none was asked for.
   */
  readonly triedSha256: Buffer | undefined;
}

/** Encodes the body of a request to encrypt or decrypt, in parts. */
export function encodeCipherRequest(request: CipherRequest): Buffer[] {
  const { lookup, materialName, iv, aad, input } = request;
  const sizes = Buffer.allocUnsafe(7);
  sizes.writeUInt8(iv.length, 0);
  sizes.writeUInt16BE(lookup.length, 1);
  sizes.writeUInt32BE(aad.length, 3);
  return [sizes, materialName, iv, lookup, aad, input];
}

/** Decodes the body of a request to encrypt or decrypt; the fields are views of it. */
export function decodeCipherRequest(body: Buffer): CipherRequest {
  const ivAt = 7 + MATERIAL_NAME_BYTES;
  const lookupAt = ivAt + body.readUInt8(0);
  const aadAt = lookupAt + body.readUInt16BE(1);
  const inputAt = aadAt + body.readUInt32BE(3);
  return {
    materialName: body.subarray(7, ivAt),
    iv: body.subarray(ivAt, lookupAt),
    lookup: body.subarray(lookupAt, aadAt),
    aad: body.subarray(aadAt, inputAt),
    input: body.subarray(inputAt),
  };
}

/** Encodes the body of the reply to Encrypt, in parts. */
export function encodeCipherReply({ iv, output, triedSha256 = NOTHING }: CipherReply): Buffer[] {
  return [Buffer.of(iv.length, triedSha256.length), iv, triedSha256, output];
}

/** Decodes the body of the reply to Encrypt; the fields are views of it. */
export function decodeCipherReply(body: Buffer): CipherReply {
  const sha256At = REPLY_SIZES_BYTES + body.readUInt8(0);
  const outputAt = sha256At + body.readUInt8(1);
  return {
    iv: body.subarray(REPLY_SIZES_BYTES, sha256At),
    output: body.subarray(outputAt),
    triedSha256: outputAt === sha256At ? undefined : body.subarray(sha256At, outputAt),
  };
}

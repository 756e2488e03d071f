const MATERIAL_NAME_BYTES = 8;
/** Of the lengths at the start of a reply. */
const REPLY_SIZES_BYTES = 2;
const NOTHING = Buffer.alloc(0);

/** Request of Encrypt and Decrypt: binary, because every request of KMS makes one. */
export interface CipherRequest {
  /** Which object: the text of a {@link KeyLookup}, compared as it is and parsed when it is new. */
  readonly lookup: Buffer;
  /** 8 bytes; the object must be of this material. */
  readonly materialName: Buffer;
  /** Of the ciphertext, or for it; empty where the token makes it. */
  readonly iv: Buffer;
  readonly aad: Buffer;
  /** Plaintext; or ciphertext and, behind it, the tag. */
  readonly input: Buffer;
}

/** Reply to Encrypt. */
export interface CipherReply {
  readonly iv: Buffer;
  /** Ciphertext and, behind it, the tag. */
  readonly output: Buffer;
  /**
   * SHA-256 of IV, output, AAD and plaintext before a trial decryption that gave the plaintext
   * back, 32 bytes; undefined where none was asked for.
   */
  readonly triedSha256: Buffer | undefined;
}

/** The body of a request to encrypt or decrypt, in parts. */
export function encodeCipherRequest(request: CipherRequest): Buffer[] {
  const { lookup, materialName, iv, aad, input } = request;
  const sizes = Buffer.allocUnsafe(7);
  sizes.writeUInt8(iv.length, 0);
  sizes.writeUInt16BE(lookup.length, 1);
  sizes.writeUInt32BE(aad.length, 3);
  return [sizes, materialName, iv, lookup, aad, input];
}

/** The same, read; views of the body. */
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

/** The body of the reply to Encrypt, in parts. */
export function encodeCipherReply({ iv, output, triedSha256 = NOTHING }: CipherReply): Buffer[] {
  return [Buffer.of(iv.length, triedSha256.length), iv, triedSha256, output];
}

/** The same, read; views of the body. */
export function decodeCipherReply(body: Buffer): CipherReply {
  const sha256At = REPLY_SIZES_BYTES + body.readUInt8(0);
  const outputAt = sha256At + body.readUInt8(1);
  return {
    iv: body.subarray(REPLY_SIZES_BYTES, sha256At),
    output: body.subarray(outputAt),
    triedSha256: outputAt === sha256At ? undefined : body.subarray(sha256At, outputAt),
  };
}

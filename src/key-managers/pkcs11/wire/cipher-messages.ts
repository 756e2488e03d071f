const MATERIAL_NAME_BYTES = 8;

/** What Encrypt and Decrypt are asked with. Binary, because every request of KMS makes two of them. */
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

/** What Encrypt gives. */
export interface CipherReply {
  readonly iv: Buffer;
  /** Ciphertext and, behind it, the tag. */
  readonly output: Buffer;
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
export function encodeCipherReply({ iv, output }: CipherReply): Buffer[] {
  return [Buffer.of(iv.length), iv, output];
}

/** The same, read; views of the body. */
export function decodeCipherReply(body: Buffer): CipherReply {
  const outputAt = 1 + body.readUInt8(0);
  return { iv: body.subarray(1, outputAt), output: body.subarray(outputAt) };
}

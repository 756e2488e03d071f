/** The claims of an Authorization header; nothing of them is verified yet. */
export interface Authorization {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case names in ascending order, each once. */
  readonly signedHeaders: readonly string[];
  /** 32 bytes. */
  readonly signature: Buffer;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s,]{1,128})\/(\d{8})\/([a-z0-9-]{1,32})\/([a-z0-9-]{1,32})\/aws4_request, ?SignedHeaders=([a-z0-9;-]{1,1024}), ?Signature=([0-9a-f]{64})$/;

/**
 * Reads an Authorization header in the one form that KMS, curl and the AWS SDKs write.
 *
 * @returns `undefined` for any other form
 * @see XKS Proxy API, Appendix A
 */
export function parseAuthorization(header: string): Authorization | undefined {
  const match = AUTHORIZATION.exec(header);
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] =
    match;
  const signedHeaders = names.split(';');
  if (!isAscending(signedHeaders)) return undefined;
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders,
    signature: Buffer.from(signature, 'hex'),
  };
}

/**
 * As every signer writes them. A name that comes twice would make us hash its header twice, so a
 * stranger could turn one long header into five hundred.
 */
function isAscending(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
}

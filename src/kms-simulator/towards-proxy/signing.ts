import aws4 from 'aws4';

/** A credential that signs requests to a proxy. */
export interface ProxyCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request to be signed. */
export interface UnsignedRequest {
  /** As in the request line. */
  readonly path: string;
  readonly body: string;
  /** Value of the Host header. */
  readonly host: string;
  /** Time of signing, in ms since 1970. */
  readonly at: number;
  readonly region: string;
}

const SERVICE = 'kms-xks-proxy';

/**
 * A signer of aws4 that takes the path as it is. aws4 resolves `//` and `..` as most services of
 * AWS do, and KMS does neither: with an empty prefix it signs `//kms`, and `..` is a lawful id of
 * an external key. No character of a path to a proxy has to be encoded.
 */
class RawPathSigner extends aws4.RequestSigner {
  readonly #path: string;

  constructor(request: aws4.Request, credentials: aws4.Credentials, path: string) {
    super(request, credentials);
    this.#path = path;
  }

  override canonicalString(): string {
    const [method, , ...rest] = super.canonicalString().split('\n');
    return [method, this.#path, ...rest].join('\n');
  }
}

/** Returns the headers of a request as KMS sends it: `host` and `x-amz-date` alone are signed. */
export function signedHeaders(
  { path, body, host, at, region }: UnsignedRequest,
  credential: ProxyCredential,
): Record<string, string> {
  const date = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers = { Host: host, 'X-Amz-Date': date };
  const request: aws4.Request = {
    method: 'POST',
    path,
    body,
    service: SERVICE,
    region,
    headers: { ...headers },
    doNotModifyHeaders: true,
  };
  const signer = new RawPathSigner(request, { ...credential }, path);
  signer.datetime = date;
  return {
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: signer.authHeader(),
  };
}

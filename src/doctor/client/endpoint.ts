/** The secret that signs requests to a key store, and its name. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The place of a proxy, and the key store there. */
export interface Endpoint {
  /** Name in the URL, for the Host header and the certificate. */
  readonly host: string;
  readonly port: number;
  /** IP address to connect to in place of those that the name resolves to. */
  readonly address?: string | undefined;
  /** Port to connect to in place of `port`. */
  readonly connectPort?: number | undefined;
  /** Value of `XksProxyUriPath`: `/prefix/kms/xks/v1`. */
  readonly uriPath: string;
  readonly credential: Credential;
  /** AWS region that requests are signed for; some proxies take those of one alone. */
  readonly region: string;
}

/** The port of HTTPS, the only one that KMS calls. */
export const HTTPS_PORT = 443;

/** The value of the Host header: the port is left out where it is that of HTTPS. */
export function hostHeader({ host, port }: Pick<Endpoint, 'host' | 'port'>): string {
  return port === HTTPS_PORT ? host : `${host}:${port}`;
}

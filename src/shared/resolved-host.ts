import { isIP } from 'node:net';

/** An address that stands in for what a name resolves to, and for port 443. */
export interface ResolvedHost {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

const FORM = /^(?<host>[a-zA-Z0-9.-]+)=(?<address>\[[0-9a-fA-F:.]+\]|[^:[\]]+):(?<port>\d{1,5})$/;

/**
 * Reads `host=address:port`, the way to a proxy whose name is not in DNS.
 *
 * @throws Error that says what is allowed
 */
export function parseResolvedHost(text: string): ResolvedHost {
  const { host = '', address: written = '', port = '' } = FORM.exec(text)?.groups ?? {};
  const address = written.replace(/^\[|\]$/g, '');
  if (host === '' || isIP(address) === 0 || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(
      `${JSON.stringify(text)} is not of the form host=address:port, such as xks.example.com=127.0.0.1:8443 (the address is an IP address; IPv6 stands in brackets)`,
    );
  }
  return { host: host.toLowerCase(), address, port: Number(port) };
}

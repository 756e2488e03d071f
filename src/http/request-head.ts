import type { IncomingMessage } from 'node:http';

/** KMS sends about ten headers, load balancers a few more. */
export const MAX_HEADERS = 64;

/** `uri-host [ ":" port ]`. @see RFC 9110, section 7.2; RFC 3986, section 3.2 */
const AUTHORITY = /^(?<host>[\w.~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;
/** A target with its scheme and authority in front. */
const ABSOLUTE_FORM = /^(?<scheme>https?):\/\/(?<authority>[^/?#]*)(?<path>[/?#].*)?$/i;

type Head = Pick<IncomingMessage, 'httpVersionMajor' | 'httpVersionMinor' | 'rawHeaders'>;

/**
 * Finds the problem of a request's head, before anything of it is used.
 *
 * @returns undefined for a head that may be served
 * @see RFC 9112, section 3.2
 */
export function problemOfHead({
  httpVersionMajor,
  httpVersionMinor,
  rawHeaders,
}: Head): string | undefined {
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return `The request has more than ${String(MAX_HEADERS)} headers.`;
  }
  const hosts = valuesOf(rawHeaders, 'host');
  if (hosts.length > 1) return 'The request has more than one Host header.';
  const [host] = hosts;
  if (host === undefined) {
    const isOptional = httpVersionMajor === 1 && httpVersionMinor === 0;
    return isOptional ? undefined : 'The request has no Host header.';
  }
  return AUTHORITY.test(host) ? undefined : 'The Host header of the request is not valid.';
}

/** The value of `Content-Length`, without making the dictionary of all headers for it. */
export function declaredLength(rawHeaders: readonly string[]): number {
  return Number(valuesOf(rawHeaders, 'content-length')[0] ?? 0);
}

/** The scheme and the hosts that a listener answers to. */
export interface Authorities {
  readonly scheme: 'https' | 'any';
  /** @param host of the target, in lower case, without a port */
  isOurs(host: string): boolean;
}

/** The served form of a request: its path, and its headers with the host that it is for. */
export interface OriginForm {
  readonly target: string;
  readonly rawHeaders: readonly string[];
}

/**
 * Takes the authority out of a target in absolute form, where it is ours; it stands for the Host
 * header then, for the signature too. Any other target stays what it is.
 *
 * @see RFC 9112, section 3.2.2
 */
export function toOriginForm(
  target: string,
  rawHeaders: readonly string[],
  authorities: Authorities,
): OriginForm {
  if (target.startsWith('/')) return { target, rawHeaders };
  const { scheme = '', authority = '', path = '/' } = ABSOLUTE_FORM.exec(target)?.groups ?? {};
  const host = AUTHORITY.exec(authority)?.groups?.['host']?.toLowerCase();
  const isOurScheme = authorities.scheme === 'any' || scheme.toLowerCase() === authorities.scheme;
  if (!host || !isOurScheme || !authorities.isOurs(host)) return { target, rawHeaders };
  const isHost = (index: number): boolean => rawHeaders[index]?.toLowerCase() === 'host';
  return {
    target: path,
    rawHeaders: rawHeaders.map((text, index) =>
      index % 2 === 1 && isHost(index - 1) ? authority : text,
    ),
  };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const each = rawHeaders[index] ?? '';
    if (each.length === name.length && each.toLowerCase() === name) {
      values.push(rawHeaders[index + 1] ?? '');
    }
  }
  return values;
}

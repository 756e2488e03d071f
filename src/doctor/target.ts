import { parseResolvedHost, type ResolvedHost } from '../shared/resolved-host.js';
import { isObject, jsonObjectOf } from './client/answer.js';
import { type Credential, HTTPS_PORT } from './client/endpoint.js';
import { messageOf } from '../shared/reason-of.js';

const SUFFIX = '/kms/xks/v1';

/** The place that a caller names, from its URL and its substitute for DNS. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly address?: string;
  readonly connectPort?: number;
  /** Absent where the URL is the root, so that the path may come from elsewhere. */
  readonly uriPath?: string;
}

/** A text of the caller that cannot be used. */
export class UnusableText extends Error {
  override readonly name = 'UnusableText';
}

/**
 * Reads the URL of a key store: `https://host/prefix`, with `/kms/xks/v1` at its end or without.
 *
 * @throws UnusableText
 */
export function parseTarget(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') {
    throw new UnusableText(`${text} is no URL of a proxy: https://HOST/PREFIX/kms/xks/v1`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UnusableText('The URL has more than a host and a path; credentials come from a file');
  }
  // The URL class makes other characters and dots of a path; what is asked is what was written.
  const path = /^https:\/\/[^/]+(\/.*)?$/i.exec(text)?.[1]?.replace(/\/+$/, '') ?? '';
  const place = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? HTTPS_PORT : Number(url.port),
  };
  if (path === '') return place;
  return { ...place, uriPath: path.endsWith(SUFFIX) ? path : `${path}${SUFFIX}` };
}

/** Takes `HOST=ADDRESS:PORT` as a substitute for DNS. @throws UnusableText */
export function resolveWith(target: Target, text: string): Target {
  const { host, address, port } = resolvedHostIn(text);
  if (host !== target.host) {
    throw new UnusableText(`--resolve is for ${host}, and the URL has ${target.host}`);
  }
  return { ...target, address, connectPort: port };
}

function resolvedHostIn(text: string): ResolvedHost {
  try {
    return parseResolvedHost(text);
  } catch (error) {
    const reason = messageOf(error);
    throw new UnusableText(`--resolve: ${reason}`, { cause: error });
  }
}

/** A credential, and the path where the file has one. */
export interface ConsoleFile {
  readonly credential: Credential;
  readonly uriPath?: string | undefined;
}

/** Reads the JSON file that the KMS console takes. @throws UnusableText, without its content */
export function parseConsoleFile(name: string, text: string): ConsoleFile {
  const content = jsonObjectOf(text);
  const member = content?.['XksProxyAuthenticationCredential'];
  const credential = isObject(member) ? member : undefined;
  const accessKeyId = credential?.['AccessKeyId'];
  const secretAccessKey = credential?.['RawSecretAccessKey'];
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw new UnusableText(
      `${name} is not the JSON file of the KMS console: it needs ` +
        'XksProxyAuthenticationCredential with AccessKeyId and RawSecretAccessKey',
    );
  }
  const uriPath = content?.['XksProxyUriPath'];
  return {
    credential: { accessKeyId, secretAccessKey },
    uriPath: typeof uriPath === 'string' ? uriPath : undefined,
  };
}

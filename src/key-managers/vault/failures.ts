import { parsedJson } from '../../shared/parsed-json.js';
import { bareError, redacted } from '../../shared/redaction.js';
import { KeyManagerError, type KeyManagerErrorCode } from '../backend.js';
import { secretsIn, type VaultAnswer } from './answer.js';

/** Messages of Transit with status 400, and their codes. The first match counts. */
const REFUSALS: readonly (readonly [RegExp, KeyManagerErrorCode])[] = [
  [/message authentication failed/, 'invalid-ciphertext'],
  // Older Vault.
  [/unable to decrypt/, 'invalid-ciphertext'],
  [/encryption key not found/, 'key-not-found'],
  [/soft-deleted key/, 'key-disabled'],
  [/version is too new/, 'version-not-found'],
  [/disallowed by policy \(too old\)/, 'version-not-found'],
  [/requested version for encryption/, 'version-not-found'],
  [/missing client token/, 'misconfigured'],
];

/** Codes for the other statuses: never a missing key, never an invalid ciphertext. */
const STATUSES: ReadonlyMap<number, readonly [KeyManagerErrorCode, string]> = new Map([
  [307, ['unreachable', 'the server is a standby and redirects to another one']],
  [403, ['misconfigured', 'the server refuses the token, or its policy does not grant this path']],
  [404, ['misconfigured', 'nothing is mounted at this path in this namespace']],
  [412, ['unreachable', 'the server is behind its cluster']],
  [429, ['overloaded', "the server's rate limit is reached"]],
  [503, ['unreachable', 'the server is sealed or not ready']],
]);

/** Node's codes for TLS failures that a retry does not remove. */
const TLS_FAILURE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|ERR_OSSL|HOSTNAME/;

/**
 * Makes the error for a refusal. An answer that is not the API's own, such as a load balancer's
 * page, never becomes an error about a key.
 *
 * @param answer with any status but 2xx
 * @param ambiguous code for a 400 with an unknown message; `rejected` for a decryption
 */
export function refusal(
  answer: VaultAnswer,
  ambiguous: KeyManagerErrorCode = 'internal',
): KeyManagerError {
  const words = wordsOf(answer);
  if (answer.status === 400 && words !== undefined) {
    const text = words.join('; ');
    const code = REFUSALS.find(([pattern]) => pattern.test(text))?.[1] ?? ambiguous;
    return new KeyManagerError(code, `the server answers 400: ${shown(text, answer)}`);
  }
  const [code, meaning] = STATUSES.get(answer.status) ?? byDefault(answer.status);
  const said =
    words === undefined || words.length === 0 ? '' : `: ${shown(words.join('; '), answer)}`;
  return new KeyManagerError(code, `${meaning} (${answer.status}${said})`);
}

/** Tells whether the answer is Transit's own 404 for a key or a list that does not exist. */
export function isAbsence(answer: VaultAnswer): boolean {
  return answer.status === 404 && wordsOf(answer)?.length === 0;
}

/** Makes the error for a failed connection. */
export function connectionFailure(error: Error): KeyManagerError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  // What a parser did not understand is in its error, and may be the answer to a login.
  const cause = bareError(error);
  return TLS_FAILURE.test(code)
    ? new KeyManagerError('misconfigured', `no trusted connection to the server (${code})`, {
        cause,
      })
    : new KeyManagerError('unreachable', `no connection to the server (${code})`, { cause });
}

/** Reads the server's messages; undefined for an answer of another form. */
export function wordsOf({ body }: VaultAnswer): readonly string[] | undefined {
  const parsed = parsedJson(body);
  if (typeof parsed !== 'object' || parsed === null || !('errors' in parsed)) return undefined;
  const { errors } = parsed;
  if (!Array.isArray(errors)) return undefined;
  return errors.filter((error): error is string => typeof error === 'string');
}

function byDefault(status: number): readonly [KeyManagerErrorCode, string] {
  return status >= 500
    ? ['unreachable', 'the server has failed']
    : ['misconfigured', 'this is not an answer of the Transit API'];
}

/** Makes a message printable and removes secrets: a server may repeat what it was sent. */
function shown(text: string, { request }: VaultAnswer): string {
  const secrets = request === undefined ? [] : secretsIn(request);
  return redacted(text, secrets)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 200);
}

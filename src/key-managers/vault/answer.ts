/** Answer of a server. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: string;
  /** The request that it answers: a refusal must not repeat what was sent. */
  readonly request?: Sent;
}

/** A request as far as it holds secrets. */
export interface Sent {
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** JSON. */
  readonly body?: string;
}

/** Fields of requests whose values may be shown. */
const SHOWN: ReadonlySet<string> = new Set(['name', 'paths', 'role', 'type']);
const TOKEN_HEADER = 'x-vault-token';

/** All that a request must not be reminded of: the token, login secrets, plaintexts. */
export function secretsIn({ headers, body = '' }: Sent): readonly string[] {
  const token = headers[headers.indexOf(TOKEN_HEADER) + 1];
  const sent = parsedJson(body);
  const values = typeof sent === 'object' && sent !== null ? Object.entries(sent) : [];
  return [
    ...(headers.includes(TOKEN_HEADER) && token !== undefined ? [token] : []),
    ...values.flatMap(([field, value]) =>
      SHOWN.has(field) || typeof value !== 'string' ? [] : [value, ...decoded(field, value)],
    ),
  ];
}

function decoded(field: string, value: string): readonly string[] {
  return field === 'plaintext' ? [Buffer.from(value, 'base64').toString('latin1')] : [];
}

/**
 * The value that a JSON text stands for.
 *
 * @returns `undefined`, which no JSON text stands for, where it is none
 */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

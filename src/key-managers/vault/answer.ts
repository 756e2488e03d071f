import { parsedJson } from '../../shared/parsed-json.js';

/** An answer of a server. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: string;
  /** The request; its secrets must not appear in the error for a refusal. */
  readonly request?: Sent;
}

/** The parts of a request that may hold secrets. */
export interface Sent {
  /** Names and values, alternating. */
  readonly headers: readonly string[];
  /** JSON. */
  readonly body?: string;
}

/** Fields of a request whose values are not secret. */
const SHOWN: ReadonlySet<string> = new Set(['name', 'paths', 'role', 'type']);
const TOKEN_HEADER = 'x-vault-token';

/** Collects the secrets of a request: the token, login secrets, plaintexts. */
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

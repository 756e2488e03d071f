/** The kinds of standing of a credential: whether KMS may sign with it, or why not. */
export const CREDENTIAL_STANDINGS = [
  'valid',
  'disabled',
  'not-yet-valid',
  'expired',
  'unreadable',
] as const;

/** One of {@link CREDENTIAL_STANDINGS}. `unreadable`: its secret cannot be opened here. */
export type CredentialStanding = (typeof CREDENTIAL_STANDINGS)[number];

/** The time in which a credential is valid, in ms since 1970. */
export interface ValidTime {
  /** It is not valid before. */
  readonly notBefore: number | undefined;
  /** It is not valid from then on. */
  readonly notAfter: number | undefined;
}

/** The standing of a credential that nobody has disabled, by its times alone. */
export function standingAt(
  { notBefore = -Infinity, notAfter = Infinity }: ValidTime,
  now: number,
): Extract<CredentialStanding, 'expired' | 'not-yet-valid' | 'valid'> {
  if (now < notBefore) return 'not-yet-valid';
  return now < notAfter ? 'valid' : 'expired';
}

/** The time in ms since 1970 of a time in ISO 8601. */
export function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** HTTP statuses from here on tell of a failure. */
export const FIRST_FAILURE = 400;

/**
 * One request as the log, the metrics and the audit log are told of it: the numbers and names that
 * they decide by, and all its fields in one text.
 *
 * @see XKS Proxy API, section Logging
 */
export interface RequestEntry {
  /** False where nobody has shown a credential: then nothing that the request says is believed. */
  readonly isAuthenticated: boolean;
  readonly clientAddress: string;
  /** The credential that signed, or that was claimed. */
  readonly accessKeyId: string | undefined;
  readonly operation: string | undefined;
  readonly keyStore: string | undefined;
  readonly kmsRequestId: string | undefined;
  readonly status: number;
  /** From the specification's table; absent on success. */
  readonly errorName: string | undefined;
  /** The fault of the signature: clock-skew, scope-date, unknown-access-key-id … */
  readonly authenticationFailure: string | undefined;
  /** The reason of a ThrottlingException: a quota, a key manager, overload. */
  readonly throttledBy: string | undefined;
  readonly durationUs: number;
  /**
   * The fields of the request's record as a JSON object on one line of ASCII, at least one. Nothing
   * in it is secret, and no text of a client can end the line or move a terminal's cursor.
   */
  json(): string;
}

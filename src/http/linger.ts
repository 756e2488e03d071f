/**
 * How long, and for how many bytes, what nobody wants is still read before a connection is closed.
 * Closing a socket with unread bytes resets the connection, and then the client may lose the
 * answer that says what was wrong.
 */
export const LINGER_MS = 1_000;

/** As above. */
export const LINGER_BYTES = 32 * 1024 * 1024;

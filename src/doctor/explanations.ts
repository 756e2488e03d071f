import type { Explanation } from './requirement.js';

/** A call that should succeed, and fails. */
export const CALL_FAILS: Explanation = {
  meaning: 'Calls of KMS with such a request fail, and its callers see KMSInvalidStateException.',
  advice: 'Have the proxy serve the request; its log should name the reason for the refusal.',
};

/** A request that should be refused is not, or with another error. */
export const WRONG_ERROR: Explanation = {
  meaning:
    'KMS makes the message to its caller of the errorName: with another one, the caller is told ' +
    'of a cause that is none.',
  advice: 'Answer with the error of the table in section Error codes.',
};

/** A request that authenticates badly and is served. */
export const UNAUTHENTICATED: Explanation = {
  meaning:
    'KMS notices nothing, but somebody other than KMS can use the keys, or repeat or change its ' +
    'requests.',
  advice:
    'Verify every request by Appendix A: host and x-amz-date signed, the hash of the bytes ' +
    'received, a date at most 5 minutes away, and AuthenticationFailedException for the rest.',
};

/** An answer that KMS cannot read. */
export const MALFORMED: Explanation = {
  meaning:
    'KMS cannot interpret the response: XksProxyInvalidResponseException while a key store is ' +
    'created, KMSInvalidStateException for callers.',
  advice: 'Answer as the payload syntax of the operation says, in one line of JSON.',
};

/** A ciphertext that was changed, and that is decrypted all the same. */
export const UNBOUND: Explanation = {
  meaning:
    'KMS relies on the proxy to refuse a changed ciphertext. Where it does not, its callers are ' +
    'given plaintexts that nobody has encrypted, or an error that hides the cause.',
  advice:
    'Give the tag its 16 bytes, take AAD and metadata into it with their lengths (section ' +
    'Encrypt, ciphertextMetadata), and answer InvalidCiphertextException.',
};

/** Data that KMS sends and the proxy does not take. */
export const TOO_STRICT: Explanation = {
  meaning: 'Calls with values that KMS sends, or will send, fail as KMSInvalidStateException.',
  advice: 'Accept what the specification lets KMS send; validate nothing that it calls opaque.',
};

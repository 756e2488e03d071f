/**
 * @typedef {{ endpoint: string, region: string, accessKeyId: string, secretAccessKey: string }} Kms
 * @typedef {{
 *   CustomKeyStoreId: string,
 *   CustomKeyStoreName: string,
 *   ConnectionState: string,
 *   ConnectionErrorCode?: string,
 * }} KeyStore
 * @typedef {{
 *   CustomKeyStoreId?: string,
 *   CustomKeyStores?: KeyStore[],
 *   Aliases?: { AliasName: string }[],
 *   KeyMetadata?: { KeyId: string },
 *   __type?: string,
 *   message?: string,
 * }} Output members of the outputs of the operations that trials call
 */

const OF_FETCH = new Set(['Host', 'Content-Length']);

/** KMS, or what simulates it, refused a call. `name` is the name of its exception. */
export class KmsError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   */
  constructor(name, message) {
    super(`${name}: ${message}`);
    this.name = name;
  }
}

/**
 * Calls an operation of KMS.
 *
 * @param {Kms} kms
 * @param {string} operation such as `CreateKey`
 * @param {object} input
 * @returns {Promise<Output>} its output
 * @throws KmsError, or what `fetch` throws
 */
export async function callKms({ endpoint, region, ...credentials }, operation, input) {
  // Not before the dependencies are installed.
  const { default: aws4 } = await import('aws4');
  const { host } = new URL(endpoint);
  const body = JSON.stringify(input);
  const { headers } = aws4.sign(
    {
      method: 'POST',
      host,
      path: '/',
      service: 'kms',
      region,
      body,
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `TrentService.${operation}`,
      },
    },
    credentials,
  );
  // Those that fetch sets itself.
  const sent = Object.entries(headers ?? {}).filter(([name]) => !OF_FETCH.has(name));
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: sent.map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)])),
    body,
  });
  const output = /** @type {Output} */ (await answer.json());
  if (!answer.ok) throw new KmsError(output.__type ?? '', output.message ?? '');
  return output;
}

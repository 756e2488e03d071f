// A client that has nothing but what the quickstart hands out: calls the four operations as KMS
// would and checks the answers. It signs with aws4, so that it shares nothing with the server.
// Usage, in the folder of the clone: node test/e2e/newcomer-client.mjs https://127.0.0.1:8443
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import aws4 from 'aws4';

const endpoint = new URL(process.argv[2] ?? 'https://127.0.0.1:8443');
const ca = readFileSync('var/quickstart/ca.pem');
const configurationText = readFileSync('var/quickstart/xks-proxy-configuration.json', 'utf8');
/**
 * @type {{
 *   XksProxyUriPath: string,
 *   XksProxyAuthenticationCredential: { AccessKeyId: string, RawSecretAccessKey: string },
 * }}
 */
const configuration = JSON.parse(configurationText);

const requestMetadata = {
  awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
  kmsKeyArn: 'arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
};
const key = '/keys/quickstart-key';

/** @type {{ ekmFleetDetails: { healthStatus: string }[] }} */
const health = await call('/health', 'KmsHealthCheck');
assert.deepEqual(
  health.ekmFleetDetails.map((node) => node.healthStatus),
  ['ACTIVE'],
);

const metadata = await call(`${key}/metadata`, 'CreateKey');
assert.deepEqual(metadata, {
  keySpec: 'AES_256',
  keyUsage: ['ENCRYPT', 'DECRYPT'],
  keyStatus: 'ENABLED',
});

const plaintext = randomBytes(32);
const aad = Buffer.from('project=nile,department=marketing');
const encryptionAlgorithm = 'AES_GCM';
/** @type {Record<string, string>} */
const encrypted = await call(`${key}/encrypt`, 'Encrypt', {
  plaintext: plaintext.toString('base64'),
  additionalAuthenticatedData: aad.toString('base64'),
  encryptionAlgorithm,
  ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
});
const { ciphertextDataIntegrityValue, ...sealed } = encrypted;
assert.equal(ciphertextDataIntegrityValue, integrityValue(aad, sealed));

/** @type {{ plaintext: string }} */
const decrypted = await call(`${key}/decrypt`, 'Decrypt', {
  ...sealed,
  additionalAuthenticatedData: aad.toString('base64'),
  encryptionAlgorithm,
});
assert.equal(decrypted.plaintext, plaintext.toString('base64'));
console.log('The four operations answer as specified.');

/**
 * @param {Buffer} aad
 * @param {Record<string, string>} sealed fields of the answer to Encrypt, in base64
 * @returns {string} base64
 * @see XKS Proxy API, section Encrypt and Appendix C
 */
function integrityValue(aad, sealed) {
  const hash = createHash('sha256').update(aad);
  const order = ['ciphertextMetadata', 'initializationVector', 'ciphertext', 'authenticationTag'];
  for (const field of order) hash.update(Buffer.from(sealed[field] ?? '', 'base64'));
  return hash.digest('base64');
}

/**
 * @param {string} path below the key store's
 * @param {string} kmsOperation what a customer of KMS would have called
 * @param {Record<string, unknown>} [fields] beside the request's metadata
 * @returns {Promise<any>} the answer, whose type the caller knows
 */
async function call(path, kmsOperation, fields = {}) {
  const { AccessKeyId, RawSecretAccessKey } = configuration.XksProxyAuthenticationCredential;
  const signed = aws4.sign(
    {
      service: 'kms-xks-proxy',
      region: 'us-east-2',
      method: 'POST',
      path: `${configuration.XksProxyUriPath}${path}`,
      headers: { Host: endpoint.host, 'Content-Type': 'application/json' },
      body: JSON.stringify({ requestMetadata: { ...requestMetadata, kmsOperation }, ...fields }),
    },
    { accessKeyId: AccessKeyId, secretAccessKey: RawSecretAccessKey },
  );
  const startedAt = performance.now();
  const { status, body } = await send(signed);
  console.log(`${path}: ${status} in ${(performance.now() - startedAt).toFixed(1)} ms`);
  assert.equal(status, 200, body);
  /** @type {unknown} */
  const answer = JSON.parse(body);
  return answer;
}

/**
 * @param {import('aws4').Request} signed
 * @returns {Promise<{ status: number | undefined, body: string }>}
 */
function send({ method, path, headers, body: sent }) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = endpoint;
    const options = { hostname, port, ca, method, path, headers, timeout: 10_000 };
    const outgoing = request(options, (response) => {
      text(response).then((body) => {
        resolve({ status: response.statusCode, body });
      }, reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer for 10 s')));
    outgoing.once('error', reject);
    outgoing.end(sent);
  });
}

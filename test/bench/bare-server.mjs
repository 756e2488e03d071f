/**
 * The yardstick: what an XKS proxy cannot do without, written by hand on `node:https`. It checks
 * the signature, parses, runs AES-256-GCM and answers; it has no framework, validation, log,
 * metrics, key lookup or deadline. With `recordsFile` it appends 1 KB a request there and answers
 * when that is on the disk; what comes while one sync is under way shares the next. Plain
 * JavaScript, so that no loader stands between it and V8.
 *
 * Usage: node bare-server.mjs SETTINGS.json (see `BareServerSettings` in targets/bare.ts)
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { fdatasync, openSync, readFileSync, write } from 'node:fs';
import { createServer } from 'node:https';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const CIPHER = 'aes-256-gcm';
const TAG_LENGTH = { authTagLength: 16 };
const MAX_SKEW_MS = 300_000;
const RECORD_BYTES = 1024;
const SERVICE = 'kms-xks-proxy';
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([A-Z2-7]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

const key = createSecretKey(Buffer.from(settings.keyMaterial, 'hex'));
const metadata = Buffer.concat([Buffer.from([1, 0, 0, 0, 1]), randomBytes(8)]);
const signingKeys = new Map();
const recordsFile = settings.recordsFile && openSync(settings.recordsFile, 'a');

const hmac = (hmacKey, text) => createHmac('sha256', hmacKey).update(text).digest();

/** The key derived from the secret for one day and region; the same all day, hence kept. */
function signingKeyOf(date, region) {
  const scope = `${date}/${region}`;
  let derived = signingKeys.get(scope);
  if (derived === undefined) {
    derived = [region, SERVICE, 'aws4_request'].reduce(
      hmac,
      hmac(`AWS4${settings.secretAccessKey}`, date),
    );
    signingKeys.set(scope, derived);
  }
  return derived;
}

/** Verifies AWS Signature Version 4 over the raw path, the listed headers and the body's bytes. */
function isSignedByUs(request, body) {
  const { headers } = request;
  const match = AUTHORIZATION.exec(headers.authorization ?? '');
  if (match === null) return false;
  const [, accessKeyId, date, region, service, signedHeaders, signature] = match;
  const time = headers['x-amz-date'] ?? '';
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const inScope =
    accessKeyId === settings.accessKeyId && service === SERVICE && time.startsWith(date);
  if (!inScope || !(Math.abs(Date.now() - Date.parse(iso)) <= MAX_SKEW_MS)) return false;
  let canonicalHeaders = '';
  for (const name of signedHeaders.split(';')) canonicalHeaders += `${name}:${headers[name]}\n`;
  const canonicalRequest = `${request.method}\n${request.url}\n\n${canonicalHeaders}\n${signedHeaders}\n${hash('sha256', body)}`;
  const stringToSign = `AWS4-HMAC-SHA256\n${time}\n${date}/${region}/${service}/aws4_request\n${hash('sha256', canonicalRequest)}`;
  return timingSafeEqual(
    hmac(signingKeyOf(date, region), stringToSign),
    Buffer.from(signature, 'hex'),
  );
}

/** The bytes that GCM authenticates: both parts with their lengths in front. */
function cipherAad(aad, ciphertextMetadata) {
  const bytes = Buffer.allocUnsafe(3 + aad.length + ciphertextMetadata.length);
  bytes.writeUInt16BE(aad.length, 0);
  aad.copy(bytes, 2);
  bytes.writeUInt8(ciphertextMetadata.length, 2 + aad.length);
  ciphertextMetadata.copy(bytes, 3 + aad.length);
  return bytes;
}

function open(iv, ciphertext, tag, aad) {
  const decipher = createDecipheriv(CIPHER, key, iv, TAG_LENGTH);
  decipher.setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  decipher.final();
  return plaintext;
}

function encrypt(input) {
  const aad = Buffer.from(input.additionalAuthenticatedData ?? '', 'base64');
  const bound = cipherAad(aad, metadata);
  const iv = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key, iv, TAG_LENGTH);
  cipher.setAAD(bound);
  const ciphertext = cipher.update(input.plaintext, 'base64');
  cipher.final();
  const tag = cipher.getAuthTag();
  const answer = {
    authenticationTag: tag.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    ciphertextMetadata: metadata.toString('base64'),
    initializationVector: iv.toString('base64'),
  };
  if (input.ciphertextDataIntegrityValueAlgorithm === 'SHA_256') {
    const sealed = Buffer.concat([aad, metadata, iv, ciphertext, tag]);
    answer.ciphertextDataIntegrityValue = hash('sha256', sealed, 'base64');
    open(iv, ciphertext, tag, bound);
  }
  return answer;
}

function decrypt(input) {
  const aad = Buffer.from(input.additionalAuthenticatedData ?? '', 'base64');
  const plaintext = open(
    Buffer.from(input.initializationVector, 'base64'),
    Buffer.from(input.ciphertext, 'base64'),
    Buffer.from(input.authenticationTag, 'base64'),
    cipherAad(aad, Buffer.from(input.ciphertextMetadata, 'base64')),
  );
  return { plaintext: plaintext.toString('base64') };
}

function answer(request, body, response) {
  if (!isSignedByUs(request, body)) {
    response.writeHead(401).end();
    return;
  }
  const input = JSON.parse(body.toString());
  const output = JSON.stringify(request.url.endsWith('/encrypt') ? encrypt(input) : decrypt(input));
  if (recordsFile === undefined) send(response, output);
  else commit({ response, output });
}

function send(response, output) {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(output),
  });
  response.end(output);
}

let waiting = [];
let isBusy = false;

function commit(answer) {
  waiting.push(answer);
  if (!isBusy) {
    isBusy = true;
    setImmediate(writeNext);
  }
}

function writeNext() {
  const batch = waiting;
  waiting = [];
  write(recordsFile, Buffer.alloc(batch.length * RECORD_BYTES, 'record, '), (failure) => {
    if (failure) throw failure;
    fdatasync(recordsFile, (failedSync) => {
      if (failedSync) throw failedSync;
      for (const { response, output } of batch) send(response, output);
      if (waiting.length > 0) writeNext();
      else isBusy = false;
    });
  });
}

const server = createServer(
  { cert: settings.certificate, key: settings.privateKey, ciphers: settings.ciphers },
  (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks), response));
  },
);
server.keepAliveTimeout = 60_000;
server.listen(settings.port, settings.host);
process.on('SIGTERM', () => process.exit(0));

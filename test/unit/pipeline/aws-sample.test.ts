import { createDecipheriv, createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import {
  awsSampleFormat,
  type CiphertextFormats,
  holdfastFormat,
} from '../../../src/xks/ciphertext-formats/index.js';
import samples from '../../vectors/aws-sample-ciphertexts.json' with { type: 'json' };
import {
  type Body,
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  requestMetadata,
} from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

const STATIC_METADATA = Buffer.from('v0.0.1');
const AAD = Buffer.from('project=nile,department=marketing').toString('base64');

const sample = awsSampleFormat(STATIC_METADATA);
const reading: CiphertextFormats = { write: holdfastFormat, read: [holdfastFormat, sample] };
const writing: CiphertextFormats = { ...reading, write: sample };
const writingWithoutMetadata = { ...reading, write: awsSampleFormat(undefined) };

/** A key with two versions; the material of the first is the key of the vectors. */
function call(pipeline: ReturnType<typeof makePipeline>, operation: string, body: Body) {
  return pipeline.handle(incoming(`${PREFIX}/keys/${operation}`, body).call);
}

function sampleRequest(request: Body): Body {
  return { requestMetadata: requestMetadata(), encryptionAlgorithm: 'AES_GCM', ...request };
}

async function encrypt(formats: CiphertextFormats, overrides: Body = {}) {
  const pipeline = makePipeline({}, formats);
  const answer = await call(pipeline, 'rotated/encrypt', encryptBody(overrides));
  expect(answer.status).toBe(200);
  return { pipeline, sealed: JSON.parse(answer.body) as EncryptAnswer };
}

describe('compatibility: aws-sample', () => {
  it.each(samples.vectors)('$name → opened with version 1', async ({ request, plaintext }) => {
    const pipeline = makePipeline({}, reading);
    const answer = await call(pipeline, 'rotated/decrypt', sampleRequest(request));
    expect(JSON.parse(answer.body)).toEqual({ plaintext });
    expect(pipeline.records[0]).toMatchObject({ keyVersion: 1 });
  });

  it.each(samples.vectors)('without it, $name → refused untried', async ({ request }) => {
    const pipeline = makePipeline();
    const decrypting = vi.spyOn(pipeline.keyManager, 'decrypt');
    const answer = await call(pipeline, 'rotated/decrypt', sampleRequest(request));
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(pipeline.records[0]?.cause).toBe('foreign-metadata');
    expect(decrypting).not.toHaveBeenCalled();
  });

  it.each([
    ['another AAD', { additionalAuthenticatedData: Buffer.from('x').toString('base64') }],
    ['no AAD', { additionalAuthenticatedData: undefined }],
    ['an empty AAD', { additionalAuthenticatedData: '' }],
    ['no metadata', { ciphertextMetadata: undefined }],
    ['other metadata', { ciphertextMetadata: Buffer.from('v0.0.2').toString('base64') }],
  ])("the sample's ciphertext with %s → InvalidCiphertextException", async (_title, change) => {
    const vector = samples.vectors.find(({ name }) => name === 'an AAD and metadata');
    const pipeline = makePipeline({}, reading);
    const body = sampleRequest({ ...vector?.request, ...change });
    expect(errorNameOf(await call(pipeline, 'rotated/decrypt', body))).toBe(
      'InvalidCiphertextException',
    );
    expect(pipeline.records[0]?.cause).toBe('tag-mismatch');
  });

  it('a key that has lost version 1 → InvalidCiphertextException, untried', async () => {
    const pipeline = makePipeline({}, reading);
    const decrypting = vi.spyOn(pipeline.keyManager, 'decrypt');
    const body = sampleRequest(samples.vectors[0]?.request ?? {});
    expect(errorNameOf(await call(pipeline, 'without-first/decrypt', body))).toBe(
      'InvalidCiphertextException',
    );
    expect(pipeline.records[0]?.cause).toBe('foreign-material');
    expect(decrypting).not.toHaveBeenCalled();
  });

  it('new ciphertexts → ours, of the current version, and opened again', async () => {
    const { pipeline, sealed } = await encrypt(reading);
    expect(Buffer.from(sealed.ciphertextMetadata, 'base64').readUInt32BE(1)).toBe(2);
    const answer = await call(pipeline, 'rotated/decrypt', decryptBody(sealed));
    expect(errorNameOf(answer)).toBe('none');
  });

  it('our ciphertext of other material → refused, not tried the other way', async () => {
    const { pipeline, sealed } = await encrypt(reading);
    const decrypting = vi.spyOn(pipeline.keyManager, 'decrypt');
    const answer = await call(pipeline, 'key/decrypt', decryptBody(sealed));
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(decrypting).not.toHaveBeenCalled();
  });
});

describe('write: aws-sample', () => {
  it.each([
    ['metadata and an AAD', writing, AAD],
    ['metadata and no AAD', writing, undefined],
    ['metadata and an empty AAD', writing, ''],
    ['an AAD alone', writingWithoutMetadata, AAD],
    ['neither', writingWithoutMetadata, undefined],
  ])('%s → opens as the sample opens it, and with us', async (_title, formats, aad) => {
    const additions = { additionalAuthenticatedData: aad };
    const { pipeline, sealed } = await encrypt(formats, additions);
    expect(openAsTheSample(sealed, aad)).toBe(encryptBody()['plaintext']);
    const answer = await call(pipeline, 'rotated/decrypt', decryptBody(sealed, additions));
    expect(JSON.parse(answer.body)).toEqual({ plaintext: encryptBody()['plaintext'] });
    expect(pipeline.records[0]).toMatchObject({ keyVersion: 1 });
  });

  it('metadata → as configured, and left out where none is', async () => {
    const { sealed } = await encrypt(writing);
    expect(sealed.ciphertextMetadata).toBe(STATIC_METADATA.toString('base64'));
    const { sealed: bare } = await encrypt(writingWithoutMetadata);
    expect(bare).not.toHaveProperty('ciphertextMetadata');
  });

  it.each([
    ['with metadata', writing, STATIC_METADATA],
    ['without', writingWithoutMetadata, Buffer.alloc(0)],
  ])('the integrity value, %s → over the AAD itself, not its digest', async (_, formats, bytes) => {
    const { sealed } = await encrypt(formats, {
      additionalAuthenticatedData: AAD,
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    });
    const hash = createHash('sha256').update(AAD, 'base64').update(bytes);
    hash.update(sealed.initializationVector, 'base64').update(sealed.ciphertext, 'base64');
    hash.update(sealed.authenticationTag, 'base64');
    expect(sealed.ciphertextDataIntegrityValue).toBe(hash.digest('base64'));
  });

  it('a key that has lost version 1 → InvalidStateException', async () => {
    const pipeline = makePipeline({}, writing);
    const answer = await call(pipeline, 'without-first/encrypt', encryptBody());
    expect(errorNameOf(answer)).toBe('InvalidStateException');
  });
});

/** The sample's way, written out once more, so that a mistake cannot cancel itself out. */
function openAsTheSample(sealed: Partial<EncryptAnswer>, aad: string | undefined): string {
  const bytes = (text = '') => Buffer.from(text, 'base64');
  const metadata = bytes(sealed.ciphertextMetadata);
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(samples.key, 'hex'),
    bytes(sealed.initializationVector),
    { authTagLength: 16 },
  );
  const length = bytes(aad).length;
  const digest = aad === undefined ? [] : createHash('sha256').update(bytes(aad)).digest();
  decipher.setAAD(
    Buffer.from([length >> 8, length & 0xff, ...digest, metadata.length, ...metadata]),
  );
  decipher.setAuthTag(bytes(sealed.authenticationTag));
  const plaintext = decipher.update(bytes(sealed.ciphertext));
  return Buffer.concat([plaintext, decipher.final()]).toString('base64');
}

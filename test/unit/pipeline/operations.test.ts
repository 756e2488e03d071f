import { createHash, hash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { KeyManagerError, type Sealed } from '../../../src/key-managers/backend.js';
import { materialNameOf } from '../../support/memory-key-manager.js';
import {
  type Body,
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  healthBody,
  metadataBody,
} from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

const AAD = Buffer.from('project=nile,department=marketing').toString('base64');
const withProof = {
  additionalAuthenticatedData: AAD,
  ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
};

type Pipeline = ReturnType<typeof makePipeline>;

function call({ handle }: Pipeline, operation: string, body: Body) {
  return handle(incoming(`${PREFIX}/${operation}`, body).call);
}

async function encrypt(pipeline: Pipeline, key: string, overrides: Body = {}) {
  const answer = await call(pipeline, `keys/${key}/encrypt`, encryptBody(overrides));
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as EncryptAnswer;
}

describe('the integrity value', () => {
  it('is the hash of what is answered', async () => {
    const sealed = await encrypt(makePipeline(), 'key', withProof);
    const hash = createHash('sha256').update(AAD, 'base64');
    hash.update(sealed.ciphertextMetadata, 'base64').update(sealed.initializationVector, 'base64');
    hash.update(sealed.ciphertext, 'base64').update(sealed.authenticationTag, 'base64');
    expect(sealed.ciphertextDataIntegrityValue).toBe(hash.digest('base64'));
  });

  it('is answered after a trial decryption with the same AAD, and without one when not asked for', async () => {
    const pipeline = makePipeline();
    const encrypting = vi.spyOn(pipeline.keyManager, 'encrypt');
    const decrypting = vi.spyOn(pipeline.keyManager, 'decrypt');
    const { ciphertextDataIntegrityValue } = await encrypt(pipeline, 'key');
    expect(ciphertextDataIntegrityValue).toBeUndefined();
    expect(decrypting).not.toHaveBeenCalled();
    await encrypt(pipeline, 'key', withProof);
    expect(decrypting).toHaveBeenCalledOnce();
    expect(decrypting.mock.lastCall?.[2]).toEqual(encrypting.mock.lastCall?.[2]);
  });

  it('does not bless bytes that are corrupted during the trial decryption', async () => {
    const pipeline = makePipeline();
    const { keyManager } = pipeline;
    const decrypt = keyManager.decrypt.bind(keyManager);
    vi.spyOn(keyManager, 'decrypt').mockImplementation(async (key, sealed, aad, trace) => {
      const opened = await decrypt(key, sealed, aad, trace);
      sealed.ciphertext.fill(0);
      return opened;
    });
    const sealed = await encrypt(pipeline, 'key', withProof);
    const again = decryptBody(sealed, { additionalAuthenticatedData: AAD });
    expect(errorNameOf(await call(pipeline, 'keys/key/decrypt', again))).toBe('none');
  });

  it.each([
    ['fails', 'invalid-ciphertext', 'InternalException'],
    ['does not end in time', 'deadline', 'DependencyTimeoutException'],
    ['is refused for load', 'overloaded', 'ThrottlingException'],
  ] as const)('is withheld when the trial decryption %s (%s → %s)', async (_title, code, name) => {
    const pipeline = makePipeline();
    const error = new KeyManagerError(code, 'trial');
    vi.spyOn(pipeline.keyManager, 'decrypt').mockRejectedValue(error);
    const answer = await call(pipeline, 'keys/key/encrypt', encryptBody(withProof));
    expect(errorNameOf(answer)).toBe(name);
  });

  it('is withheld when the trial decryption gives another plaintext', async () => {
    const pipeline = makePipeline();
    vi.spyOn(pipeline.keyManager, 'decrypt').mockResolvedValue(Buffer.alloc(32));
    const answer = await call(pipeline, 'keys/key/encrypt', encryptBody(withProof));
    expect(errorNameOf(answer)).toBe('InternalException');
    expect(pipeline.records[0]?.cause).toBe('trial decryption gave another plaintext');
  });

  describe('where the key manager tries its ciphertexts itself', () => {
    /**
     * @param change what happens to a ciphertext on its way from the trial to the pipeline
     * @param arrive what comes of plaintext and AAD on their way to the key manager
     */
    function tryingItself(change: (sealed: Sealed) => void, arrive = (sent: Buffer) => sent) {
      const pipeline = makePipeline();
      const { keyManager } = pipeline;
      const trying = vi.spyOn(keyManager, 'encryptAndTry');
      trying.mockImplementation(async (key, ...sent) => {
        const [plaintext, aad] = [arrive(sent[0]), arrive(sent[1])];
        const sealed = await keyManager.encrypt(key, plaintext, aad, sent[2]);
        const { iv, ciphertext, tag } = sealed;
        const tried = Buffer.concat([iv, ciphertext, tag, aad, plaintext]);
        const triedSha256 = hash('sha256', tried, 'buffer');
        change(sealed);
        return { ...sealed, triedSha256 };
      });
      return { pipeline, trying, decrypting: vi.spyOn(keyManager, 'decrypt') };
    }

    it('is answered without another decryption', async () => {
      const { pipeline, decrypting } = tryingItself(() => undefined);
      const { ciphertextDataIntegrityValue } = await encrypt(pipeline, 'key', withProof);
      expect(ciphertextDataIntegrityValue).toBeDefined();
      expect(decrypting).not.toHaveBeenCalled();
    });

    it.each(['iv', 'ciphertext', 'tag'] as const)(
      'is withheld when a bit of the %s has changed since the trial',
      async (part) => {
        const { pipeline } = tryingItself((sealed) => {
          sealed[part].writeUInt8(sealed[part].readUInt8(0) ^ 1, 0);
        });
        const answer = await call(pipeline, 'keys/key/encrypt', encryptBody(withProof));
        expect(errorNameOf(answer)).toBe('InternalException');
      },
    );

    it.each([
      ['plaintext', 0],
      ['AAD', 1],
    ])('is withheld when the %s has changed on its way to the key manager', async (_, which) => {
      let arrived = 0;
      const { pipeline } = tryingItself(
        () => undefined,
        (sent) => (arrived++ === which ? Buffer.alloc(sent.length) : sent),
      );
      const answer = await call(pipeline, 'keys/key/encrypt', encryptBody(withProof));
      expect(errorNameOf(answer)).toBe('InternalException');
    });

    it('does not call for a trial when no integrity value is asked for', async () => {
      const { pipeline, trying } = tryingItself(() => undefined);
      await encrypt(pipeline, 'key');
      expect(trying).not.toHaveBeenCalled();
    });
  });

  it('is refused for a key that cannot decrypt, while a plain Encrypt works', async () => {
    const pipeline = makePipeline();
    await encrypt(pipeline, 'encrypt-only');
    const answer = await call(pipeline, 'keys/encrypt-only/encrypt', encryptBody(withProof));
    expect(errorNameOf(answer)).toBe('InvalidKeyUsageException');
  });
});

describe('ciphertextMetadata', () => {
  const metadata = (version: number, name: Buffer, format = 1) => {
    const bytes = Buffer.concat([Buffer.of(format, 0, 0, 0, version), name]);
    return bytes.toString('base64');
  };

  it('names format, version and material', async () => {
    const { ciphertextMetadata } = await encrypt(makePipeline(), 'rotated');
    expect(ciphertextMetadata).toBe(metadata(2, materialNameOf('rotated', 2)));
  });

  it.each([
    [
      'a version that the key does not have',
      metadata(3, materialNameOf('rotated', 3)),
      'foreign-material',
    ],
    ['material of another key', metadata(2, materialNameOf('key', 2)), 'foreign-material'],
    ['another format', metadata(2, materialNameOf('rotated', 2), 2), 'foreign-metadata'],
    ['nothing', undefined, 'foreign-metadata'],
    [
      'what another vendor wrote',
      Buffer.from('key_version=1').toString('base64'),
      'foreign-metadata',
    ],
  ])('that names %s is refused without a decryption', async (_title, ciphertextMetadata, cause) => {
    const pipeline = makePipeline();
    const sealed = await encrypt(pipeline, 'rotated');
    const decrypting = vi.spyOn(pipeline.keyManager, 'decrypt');
    const answer = await call(
      pipeline,
      'keys/rotated/decrypt',
      decryptBody(sealed, { ciphertextMetadata }),
    );
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(pipeline.records[1]?.cause).toBe(cause);
    expect(decrypting).not.toHaveBeenCalled();
  });

  it('of an older version opens what that version sealed, and nothing else', async () => {
    const pipeline = makePipeline();
    const sealed = await encrypt(pipeline, 'rotated');
    const ciphertextMetadata = metadata(1, materialNameOf('rotated', 1));
    const answer = await call(
      pipeline,
      'keys/rotated/decrypt',
      decryptBody(sealed, { ciphertextMetadata }),
    );
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(pipeline.records[1]).toMatchObject({ keyVersion: 1 });
  });
});

describe('the record of a request', () => {
  it('tells what was asked, by whom, and what did the work', async () => {
    const pipeline = makePipeline();
    const requestMetadata = {
      awsPrincipalArn: 'arn:aws:iam::123456789012:role/Payroll',
      awsSourceVpc: 'vpc-1',
      awsSourceVpce: 'vpce-1',
      kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      kmsOperation: 'BulkEncrypt',
      kmsRequestId: 'not a UUID',
      kmsViaService: 'ebs.amazonaws.com',
    };
    await encrypt(pipeline, 'rotated', { requestMetadata });
    expect(pipeline.records).toEqual([
      {
        ...requestMetadata,
        operation: 'Encrypt',
        keyStore: 'store',
        externalKeyId: 'rotated',
        keyVersion: 2,
        keyManager: 'memory',
        node: 'memory-1',
        location: 'here',
        nodesTried: [{ node: 'memory-1', location: 'here' }],
        awsAccount: '123456789012',
        awsRegion: 'eu-west-1',
        authorization: { decision: 'allowed', by: 'exposes' },
        accessKeyId: 'ABCDEFGHIJKLMNOPQRST',
        clientAddress: '192.0.2.1',
        clientCertificateName: 'cks.kms.eu-west-1.amazonaws.com',
        clientCertificateSubject: 'CN=cks.kms.eu-west-1.amazonaws.com',
        result: 'success',
        status: 200,
        errorName: undefined,
        cause: undefined,
        authenticationFailure: undefined,
        target: undefined,
        durationUs: expect.any(Number),
        aadSha256: undefined,
        ciphertextSha256: undefined,
      },
    ]);
  });

  it('tells as much as was known when it failed', async () => {
    const pipeline = makePipeline();
    await call(pipeline, 'keys/missing/metadata', metadataBody());
    expect(pipeline.records[0]).toMatchObject({
      operation: 'GetKeyMetadata',
      externalKeyId: 'missing',
      kmsOperation: 'CreateKey',
      status: 404,
      errorName: 'KeyNotFoundException',
    });
  });
});

describe('what is described', () => {
  it.each([
    ['key', ['ENCRYPT', 'DECRYPT'], 'ENABLED'],
    ['encrypt-only', ['ENCRYPT'], 'ENABLED'],
    ['good-for-nothing', [], 'ENABLED'],
    ['disabled', ['ENCRYPT', 'DECRYPT'], 'DISABLED'],
  ])('key %s is %j and %s', async (key, keyUsage, keyStatus) => {
    const answer = await call(makePipeline(), `keys/${key}/metadata`, metadataBody());
    expect(JSON.parse(answer.body)).toEqual({ keySpec: 'AES_256', keyUsage, keyStatus });
  });

  it('the fleet is the nodes of the key manager, ten at the most', async () => {
    const pipeline = makePipeline();
    const node = { location: 'x', vendor: 'Nobody', model: 'M 1', status: 'DEGRADED' } as const;
    const nodes = Array.from({ length: 11 }, (_, index) => ({ name: `n${index}`, ...node }));
    vi.spyOn(pipeline.keyManager, 'health').mockResolvedValue(nodes);
    const answer = await call(pipeline, 'health', healthBody());
    const health = JSON.parse(answer.body) as { ekmFleetDetails: unknown[] };
    expect(health).toMatchObject({
      xksProxyFleetSize: 3,
      xksProxyVendor: 'Holdfast',
      xksProxyModel: 'Holdfast 0.0.0',
      ekmVendor: 'Nobody',
    });
    expect(health.ekmFleetDetails).toHaveLength(10);
    expect(health.ekmFleetDetails[0]).toEqual({ id: 'n0', model: 'M 1', healthStatus: 'DEGRADED' });
  });
});

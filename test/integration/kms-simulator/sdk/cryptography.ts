import {
  DecryptCommand,
  DisableKeyCommand,
  DryRunOperationException,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSInvalidStateException,
  ReEncryptCommand,
  DisabledException,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { newAlias, newKey } from './keys.js';
import { newExternalKey } from './key-stores.js';
import { failureOf, type SdkScene } from './scene.js';

const CONTEXT = { department: 'payroll', year: '2026' };
const SECRET = Buffer.from('the plaintext');
const LARGEST = 4096;

/** Cryptography, which is the same for ordinary and for external keys but for some errors. */
export function testCryptography(scene: SdkScene): void {
  describe.each([
    { kind: 'an ordinary key', make: newKey, wrongCiphertext: InvalidCiphertextException },
    // The proxy is asked, and KMS words what it refuses as a wrong state of the key.
    { kind: 'an external key', make: newExternalKey, wrongCiphertext: KMSInvalidStateException },
  ])('cryptography with $kind', ({ make, wrongCiphertext }) => {
    it('4,096 bytes under a context of any order → back again, with and without the key', async () => {
      const KeyId = await make(scene);
      const Plaintext = Buffer.alloc(LARGEST, 7);
      const encryption = new EncryptCommand({ KeyId, Plaintext, EncryptionContext: CONTEXT });
      const { CiphertextBlob, ...told } = await scene.alice.send(encryption);
      expect(told).toMatchObject({ EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
      expect(told.KeyId).toMatch(new RegExp(`^arn:aws:kms:.*:key/${KeyId}$`));
      const EncryptionContext = { year: '2026', department: 'payroll' };
      for (const key of [undefined, KeyId, await newAlias(scene, KeyId)]) {
        const command = new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: key });
        const opened = await scene.alice.send(command);
        expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext);
        expect(opened.KeyId).toBe(told.KeyId);
      }
    });

    it('another context, or a bit that flipped → refused', async () => {
      const KeyId = await make(scene);
      const encryption = new EncryptCommand({
        KeyId,
        Plaintext: SECRET,
        EncryptionContext: CONTEXT,
      });
      const { CiphertextBlob = new Uint8Array() } = await scene.alice.send(encryption);
      const other = new DecryptCommand({ CiphertextBlob, EncryptionContext: { year: '1999' } });
      expect(await failureOf(scene.alice.send(other))).toBeInstanceOf(wrongCiphertext);
      const flipped = Buffer.from(CiphertextBlob);
      flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
      const damaged = new DecryptCommand({ CiphertextBlob: flipped, EncryptionContext: CONTEXT });
      // What KMS itself can see to be damaged never reaches a proxy.
      expect(await failureOf(scene.alice.send(damaged))).toBeInstanceOf(InvalidCiphertextException);
    });

    it('a data key → encrypts, and its ciphertext opens to the same bytes', async () => {
      const KeyId = await make(scene);
      const command = new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128' });
      const { Plaintext = new Uint8Array(), CiphertextBlob } = await scene.alice.send(command);
      expect(Plaintext.length).toBe(16);
      const opened = await scene.alice.send(new DecryptCommand({ CiphertextBlob }));
      expect(opened.Plaintext).toEqual(Plaintext);
      const blind = new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 1024 });
      const { CiphertextBlob: sealed, ...rest } = await scene.alice.send(blind);
      expect(rest).not.toHaveProperty('Plaintext');
      const { Plaintext: inside } = await scene.alice.send(
        new DecryptCommand({ CiphertextBlob: sealed }),
      );
      expect(inside?.length).toBe(1024);
    });

    it('a dry run → DryRunOperationException', async () => {
      const KeyId = await make(scene);
      const { CiphertextBlob } = await scene.alice.send(
        new EncryptCommand({ KeyId, Plaintext: SECRET }),
      );
      const DryRun = true;
      const calls = [
        scene.alice.send(new EncryptCommand({ KeyId, Plaintext: SECRET, DryRun })),
        scene.alice.send(new DecryptCommand({ CiphertextBlob, DryRun })),
        scene.alice.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', DryRun })),
      ];
      for (const failure of await Promise.all(calls.map(failureOf))) {
        expect(failure).toBeInstanceOf(DryRunOperationException);
        expect(failure.$metadata.httpStatusCode).toBe(400);
      }
    });

    it('a disabled key → DisabledException for both directions', async () => {
      const KeyId = await make(scene);
      const { CiphertextBlob } = await scene.alice.send(
        new EncryptCommand({ KeyId, Plaintext: SECRET }),
      );
      await scene.alice.send(new DisableKeyCommand({ KeyId }));
      const encryption = scene.alice.send(new EncryptCommand({ KeyId, Plaintext: SECRET }));
      expect(await failureOf(encryption)).toBeInstanceOf(DisabledException);
      const decryption = scene.alice.send(new DecryptCommand({ CiphertextBlob }));
      expect(await failureOf(decryption)).toBeInstanceOf(DisabledException);
    });

    it('another key named for decryption → IncorrectKeyException', async () => {
      const { CiphertextBlob } = await scene.alice.send(
        new EncryptCommand({ KeyId: await make(scene), Plaintext: SECRET }),
      );
      const KeyId = await newKey(scene);
      const decryption = scene.alice.send(new DecryptCommand({ CiphertextBlob, KeyId }));
      expect(await failureOf(decryption)).toBeInstanceOf(IncorrectKeyException);
    });

    it('re-encrypted from an ordinary key and back → the same plaintext', async () => {
      const [ordinary, KeyId] = [await newKey(scene), await make(scene)];
      const encryption = new EncryptCommand({ KeyId: ordinary, Plaintext: SECRET });
      const { CiphertextBlob } = await scene.alice.send(encryption);
      const there = await scene.alice.send(
        new ReEncryptCommand({
          CiphertextBlob,
          DestinationKeyId: KeyId,
          DestinationEncryptionContext: CONTEXT,
        }),
      );
      expect(there.SourceKeyId?.endsWith(ordinary)).toBe(true);
      expect(there.KeyId?.endsWith(KeyId)).toBe(true);
      const back = await scene.alice.send(
        new ReEncryptCommand({
          CiphertextBlob: there.CiphertextBlob,
          SourceEncryptionContext: CONTEXT,
          SourceKeyId: KeyId,
          DestinationKeyId: ordinary,
        }),
      );
      const { Plaintext } = await scene.alice.send(
        new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }),
      );
      expect(Buffer.from(Plaintext ?? [])).toEqual(SECRET);
    });
  });
  testCryptographyInput(scene);
}

function testCryptographyInput(scene: SdkScene): void {
  it('bytes that KMS has not made → InvalidCiphertextException', async () => {
    for (const CiphertextBlob of [Buffer.of(0), Buffer.alloc(6144, 1)]) {
      const decryption = scene.alice.send(new DecryptCommand({ CiphertextBlob }));
      expect(await failureOf(decryption)).toBeInstanceOf(InvalidCiphertextException);
    }
  });

  it('random bytes → as many as were asked for', async () => {
    const { Plaintext } = await scene.alice.send(new GenerateRandomCommand({ NumberOfBytes: 33 }));
    expect(Plaintext?.length).toBe(33);
  });

  it('lengths that KMS does not take → ValidationException', async () => {
    const KeyId = await newKey(scene);
    const calls = [
      scene.alice.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(LARGEST + 1) })),
      scene.alice.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(0) })),
      scene.alice.send(new DecryptCommand({ CiphertextBlob: Buffer.alloc(6145) })),
      scene.alice.send(new GenerateDataKeyCommand({ KeyId })),
      scene.alice.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', NumberOfBytes: 1 })),
      scene.alice.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 1025 })),
      scene.alice.send(new GenerateRandomCommand({ NumberOfBytes: 1025 })),
      scene.alice.send(new GenerateRandomCommand({})),
    ];
    const names = (await Promise.all(calls.map(failureOf))).map(({ name }) => name);
    expect(names).toEqual(calls.map(() => 'ValidationException'));
  });
}

import { type MasterKey, openingKey, type SealingKey } from '../../sealing/master-key.js';
import { open, seal } from '../../sealing/seal.js';
import { Secret } from '../../shared/secret.js';
import type { KeptCredential } from './documents.js';

/** The owner of a sealed secret. */
type Owner = Pick<KeptCredential, 'accessKeyId' | 'keyStore'>;

/** A sealed secret, as it stands in a document. */
type Sealed = Pick<KeptCredential, 'masterKeyId' | 'scrypt' | 'sealed'>;

/** Nothing seals secrets in the state store. */
export class NoSealingKeyError extends Error {
  override readonly name = 'NoSealingKeyError';

  constructor() {
    super(
      'Credentials are kept sealed, and nothing seals what is secret in the state store: give ' +
        'state.sealing a master key in the configuration',
    );
  }
}

/** Seals the secrets of credentials, each bound to its key store and access key id. */
export class SealedSecrets {
  readonly #masterKey: MasterKey | undefined;
  #sealingKey: SealingKey | undefined;

  /** @param masterKey undefined where the configuration has none */
  constructor(masterKey: MasterKey | undefined) {
    this.#masterKey = masterKey;
  }

  /** @throws NoSealingKeyError */
  async seal(owner: Owner, secret: Secret): Promise<Sealed> {
    if (this.#masterKey === undefined) throw new NoSealingKeyError();
    // Each salt of a passphrase costs every replica a derivation, so one is used again.
    this.#sealingKey ??= await this.#masterKey.create();
    const { id: masterKeyId, scrypt } = this.#sealingKey;
    const contents = Buffer.from(secret.reveal(), 'utf8');
    try {
      const sealed = await seal(this.#sealingKey, contents, bindingOf(owner));
      return { masterKeyId, ...(scrypt && { scrypt }), sealed };
    } finally {
      contents.fill(0);
    }
  }

  /** @throws NoSealingKeyError, or a SealingError that says why it does not open */
  async open(credential: Owner & Sealed): Promise<Secret> {
    if (this.#masterKey === undefined) throw new NoSealingKeyError();
    const key = await openingKey(this.#masterKey, credential);
    const contents = await open(key, credential.sealed, bindingOf(credential));
    this.#sealingKey ??= key;
    const secret = new Secret(new TextDecoder().decode(contents));
    contents.fill(0);
    return secret;
  }
}

function bindingOf({ keyStore, accessKeyId }: Owner): Readonly<Record<string, string>> {
  return { holds: 'credential', keyStore, accessKeyId };
}

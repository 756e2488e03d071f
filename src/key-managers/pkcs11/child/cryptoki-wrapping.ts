import type * as Pkcs11Js from 'pkcs11js';
import { call, type CryptokiHandle } from './native-call.js';

/** AES key wrap with padding by RFC 5649. @see PKCS#11 3.0, section 2.14 */
export const CKM_AES_KEY_WRAP_KWP = 0x210b;

const CKZ_DATA_SPECIFIED = 1;

/** The two halves of a pair of the token. */
export interface KeyPairHandles {
  readonly publicKey: CryptokiHandle;
  readonly privateKey: CryptokiHandle;
}

/** An unwrapping: by a key of the token, of a key that is to be in the token. */
export interface Unwrapping {
  readonly unwrappingKey: CryptokiHandle;
  readonly wrapped: Buffer;
  readonly template: Pkcs11Js.Template;
}

/** The PKCS#11 calls that make and use keys which wrap other keys. Throws {@link CryptokiError}. */
export class CryptokiWrapping {
  readonly #native: typeof Pkcs11Js;
  readonly #library: Pkcs11Js.PKCS11;

  constructor(native: typeof Pkcs11Js, library: Pkcs11Js.PKCS11) {
    this.#native = native;
    this.#library = library;
  }

  /** @returns what the token says of a mechanism; undefined for one that it does not list */
  mechanism(slot: CryptokiHandle, mechanism: number): Pkcs11Js.MechanismInfo | undefined {
    return call(() =>
      this.#library.C_GetMechanismList(slot).includes(mechanism)
        ? this.#library.C_GetMechanismInfo(slot, mechanism)
        : undefined,
    );
  }

  generateRsaPair(
    session: CryptokiHandle,
    publicTemplate: Pkcs11Js.Template,
    privateTemplate: Pkcs11Js.Template,
  ): KeyPairHandles {
    const mechanism = { mechanism: this.#native.CKM_RSA_PKCS_KEY_PAIR_GEN };
    return call(() =>
      this.#library.C_GenerateKeyPair(session, mechanism, publicTemplate, privateTemplate),
    );
  }

  /** Unwraps a key by RSA-OAEP with SHA-256, for MGF1 too, and no label. */
  unwrapOaep(session: CryptokiHandle, unwrapping: Unwrapping): CryptokiHandle {
    const parameter = {
      type: this.#native.CK_PARAMS_RSA_OAEP,
      hashAlg: this.#native.CKM_SHA256,
      mgf: this.#native.CKG_MGF1_SHA256,
      source: CKZ_DATA_SPECIFIED,
    };
    return this.#unwrap(
      session,
      { mechanism: this.#native.CKM_RSA_PKCS_OAEP, parameter },
      unwrapping,
    );
  }

  /** Unwraps a key by an AES key. @param mechanism one with padding */
  unwrapAes(session: CryptokiHandle, mechanism: number, unwrapping: Unwrapping): CryptokiHandle {
    return this.#unwrap(session, { mechanism }, unwrapping);
  }

  #unwrap(
    session: CryptokiHandle,
    mechanism: Pkcs11Js.Mechanism,
    { unwrappingKey, wrapped, template }: Unwrapping,
  ): CryptokiHandle {
    return call(() =>
      this.#library.C_UnwrapKey(session, mechanism, unwrappingKey, wrapped, template),
    );
  }
}

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as Pkcs11Js from 'pkcs11js';
import { CKR } from '../ckr.js';
import { CryptokiError } from './cryptoki-error.js';
import { CryptokiWrapping } from './cryptoki-wrapping.js';
import { call, type CryptokiHandle } from './native-call.js';
import { TokenFailure } from './token-failure.js';

const NO_VALUE: ReadonlySet<number> = new Set([
  CKR.ATTRIBUTE_TYPE_INVALID,
  CKR.ATTRIBUTE_SENSITIVE,
]);

export type { CryptokiHandle } from './native-call.js';

type Native = typeof Pkcs11Js;

const TAG_BITS = 128;
const BLOCK_BYTES = 16;
const MAX_MATCHES = 100_000;
/** Room for an IV that the token puts behind the tag. */
const MAX_IV_BYTES = 16;
/** Not `Buffer.alloc(0)`: of that the library would get a null pointer, which some refuse. */
const SPACE = Buffer.alloc(BLOCK_BYTES);

/**
 * The PKCS#11 calls that Holdfast uses, each with checked arguments: pkcs11js crashes the process
 * on some wrong arguments and passes others on to the library. Every method throws
 * {@link CryptokiError}. A process has one instance and initialises the library once: a second
 * initialisation numbers the handles anew, and an old handle would silently name another key.
 */
export class Cryptoki {
  readonly constants: Native;
  /** The calls that make and use keys which wrap other keys. */
  readonly wrapping: CryptokiWrapping;
  readonly #library: Pkcs11Js.PKCS11;

  private constructor(native: Native, library: Pkcs11Js.PKCS11) {
    this.constants = native;
    this.wrapping = new CryptokiWrapping(native, library);
    this.#library = library;
  }

  /**
   * Loads a module and initialises it.
   *
   * @param libraryParameters for NSS softokn
   * @throws TokenFailure `misconfigured` where pkcs11js or the module cannot be loaded
   */
  static load(module: string, libraryParameters: string | undefined): Cryptoki {
    const native = loadPkcs11Js();
    const library = new native.PKCS11();
    try {
      library.load(module);
    } catch (error) {
      throw new TokenFailure('misconfigured', `${module} cannot be loaded: ${String(error)}`);
    }
    const cryptoki = new Cryptoki(native, library);
    cryptoki.#initialise(libraryParameters);
    return cryptoki;
  }

  /** @returns the slots with a token in them */
  slots(): CryptokiHandle[] {
    return call(() => this.#library.C_GetSlotList(true));
  }

  tokenInfo(slot: CryptokiHandle): Pkcs11Js.TokenInfo {
    return call(() => this.#library.C_GetTokenInfo(slot));
  }

  /** Opens a session that may write. */
  openSession(slot: CryptokiHandle): CryptokiHandle {
    const { CKF_SERIAL_SESSION, CKF_RW_SESSION } = this.constants;
    return call(() => this.#library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION));
  }

  closeAllSessions(slot: CryptokiHandle): void {
    call(() => {
      this.#library.C_CloseAllSessions(slot);
    });
  }

  login(session: CryptokiHandle, pin: string): void {
    call(() => {
      this.#library.C_Login(session, this.constants.CKU_USER, pin);
    });
  }

  /** Ends the use of the library. */
  finalise(): void {
    call(() => {
      this.#library.C_Finalize();
    });
  }

  /** @returns all objects that have these attributes */
  find(session: CryptokiHandle, template: Pkcs11Js.Template): CryptokiHandle[] {
    return call(() => {
      this.#library.C_FindObjectsInit(session, template);
      try {
        return this.#library.C_FindObjects(session, MAX_MATCHES);
      } finally {
        this.#library.C_FindObjectsFinal(session);
      }
    });
  }

  /** @returns the value of one attribute, undefined where the object has none or hides it */
  attribute(session: CryptokiHandle, object: CryptokiHandle, type: number): Buffer | undefined {
    try {
      const [attribute] = call(() =>
        this.#library.C_GetAttributeValue(session, object, [{ type }]),
      );
      return Buffer.isBuffer(attribute?.value) ? attribute.value : undefined;
    } catch (error) {
      if (error instanceof CryptokiError && NO_VALUE.has(error.code)) return undefined;
      throw error;
    }
  }

  generateAesKey(session: CryptokiHandle, template: Pkcs11Js.Template): CryptokiHandle {
    const { CKM_AES_KEY_GEN } = this.constants;
    return call(() =>
      this.#library.C_GenerateKey(session, { mechanism: CKM_AES_KEY_GEN }, template),
    );
  }

  setAttribute(
    session: CryptokiHandle,
    object: CryptokiHandle,
    attribute: Pkcs11Js.Attribute,
  ): void {
    call(() => {
      this.#library.C_SetAttributeValue(session, object, [attribute]);
    });
  }

  destroy(session: CryptokiHandle, object: CryptokiHandle): void {
    call(() => {
      this.#library.C_DestroyObject(session, object);
    });
  }

  random(session: CryptokiHandle, bytes: number): Buffer {
    return call(() => this.#library.C_GenerateRandom(session, Buffer.alloc(bytes)));
  }

  /** AES-256-GCM. @returns ciphertext, tag, and whatever the token puts behind them */
  encryptGcm(
    session: CryptokiHandle,
    key: CryptokiHandle,
    gcm: GcmParameters,
    plaintext: Buffer,
  ): Buffer {
    const room = Buffer.allocUnsafe(plaintext.length + TAG_BITS / 8 + MAX_IV_BYTES);
    return call(() => {
      // `gcm` is kept alive by the caller until C_Encrypt is done: the library has its addresses.
      this.#library.C_EncryptInit(session, this.#gcm(gcm), key);
      return this.#library.C_Encrypt(session, nonNull(plaintext), room);
    });
  }

  /** AES-256-GCM. @param input ciphertext and, behind it, the tag */
  decryptGcm(
    session: CryptokiHandle,
    key: CryptokiHandle,
    gcm: GcmParameters,
    input: Buffer,
  ): Buffer {
    // The library may want room for the tag as well.
    const room = Buffer.allocUnsafe(input.length);
    return call(() => {
      this.#library.C_DecryptInit(session, this.#gcm(gcm), key);
      return this.#library.C_Decrypt(session, input, room);
    });
  }

  /** One block of AES-ECB. @param block 16 bytes */
  encryptBlock(session: CryptokiHandle, key: CryptokiHandle, block: Buffer): Buffer {
    const mechanism = { mechanism: this.constants.CKM_AES_ECB };
    return call(() => {
      this.#library.C_EncryptInit(session, mechanism, key);
      return this.#library.C_Encrypt(session, block, Buffer.alloc(2 * BLOCK_BYTES));
    });
  }

  /** AES-CTR over 16 zero bytes, by C_Decrypt. @param counter 16 bytes */
  decryptZerosCtr(session: CryptokiHandle, key: CryptokiHandle, counter: Buffer): Buffer {
    const mechanism = { mechanism: this.constants.CKM_AES_CTR, parameter: ctrParameters(counter) };
    return call(() => {
      this.#library.C_DecryptInit(session, mechanism, key);
      return this.#library.C_Decrypt(session, SPACE, Buffer.alloc(2 * BLOCK_BYTES));
    });
  }

  #initialise(libraryParameters: string | undefined): void {
    const flags = this.constants.CKF_OS_LOCKING_OK;
    // pkcs11js drops the last character of the parameters.
    const options =
      libraryParameters === undefined
        ? { flags }
        : { flags, libraryParameters: `${libraryParameters} ` };
    call(() => {
      this.#library.C_Initialize(options);
    });
  }

  #gcm({ iv, aad }: GcmParameters): Pkcs11Js.Mechanism {
    const type = this.constants.CK_PARAMS_AES_GCM_v240;
    const parameter = { type, iv, ivBits: iv.length * 8, aad, tagBits: TAG_BITS };
    return { mechanism: this.constants.CKM_AES_GCM, parameter };
  }
}

/** Parameters of AES-GCM beside key and text. */
export interface GcmParameters {
  /** The token may write to it. */
  readonly iv: Buffer;
  readonly aad: Buffer;
}

function loadPkcs11Js(): Native {
  const require = createRequire(import.meta.url);
  try {
    return require('pkcs11js') as Native;
  } catch (error) {
    throw new TokenFailure(
      'misconfigured',
      `the package pkcs11js cannot be loaded: ${whatToDo(require)} (${String(error)})`,
    );
  }
}

function whatToDo(require: NodeJS.Require): string {
  try {
    const folder = dirname(require.resolve('pkcs11js/package.json'));
    return `have python3, make and a C++ compiler at hand, and run: npm run build --prefix ${folder}`;
  } catch {
    return 'it is not installed; install Holdfast anew, with its optional packages';
  }
}

function nonNull(bytes: Buffer): Buffer {
  return bytes.length === 0 ? SPACE.subarray(0, 0) : bytes;
}

/**
 * CK_AES_CTR_PARAMS: an unsigned long and 16 bytes, on the 64-bit little-endian machines of today.
 */
function ctrParameters(counter: Buffer): Buffer {
  const parameters = Buffer.alloc(8 + BLOCK_BYTES);
  parameters.writeBigUInt64LE(BigInt(BLOCK_BYTES * 8));
  counter.copy(parameters, 8);
  return parameters;
}

// Makes a SoftHSM token as `softhsm2-util --init-token` does, which would take both PINs as
// arguments, for everybody on the machine to see. As a program, in the setup container of
// docker-compose.yml: `softhsm-token.mjs MODULE LABEL PIN_FILE`, with SOFTHSM2_CONF.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pkcs11 from 'pkcs11js';

const { CKF_RW_SESSION, CKF_SERIAL_SESSION, CKF_TOKEN_INITIALIZED, CKU_SO, PKCS11 } = pkcs11;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [module = '', label = '', pinFile = ''] = process.argv.slice(2);
  makeSoftHsmToken({ module, label, pin: readFileSync(pinFile, 'utf8').trim() });
}

/**
 * Makes a token, unless there is one of this label. The security officer's PIN is forgotten: nobody
 * needs it again. The library reads SOFTHSM2_CONF from this process's environment.
 *
 * @param {{ module: string, label: string, pin: string }} token `module` is SoftHSM's library
 * @throws {Error} of the library
 */
export function makeSoftHsmToken({ module, label, pin }) {
  const library = new PKCS11();
  library.load(module);
  library.C_Initialize();
  try {
    const slots = library.C_GetSlotList(true).map((slot) => {
      const info = library.C_GetTokenInfo(slot);
      const isUsed = (info.flags & CKF_TOKEN_INITIALIZED) !== 0;
      return { slot, isUsed, label: info.label.trimEnd() };
    });
    if (slots.some((token) => token.isUsed && token.label === label)) return;
    const free = slots.find((token) => !token.isUsed)?.slot;
    if (free === undefined) throw new Error(`${module} has no free slot`);
    const officerPin = newPin();
    // The library reads 32 bytes, padded with blanks (PKCS #11 2.40, section 5.5).
    library.C_InitToken(free, officerPin, label.padEnd(32));
    const session = library.C_OpenSession(free, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    library.C_Login(session, CKU_SO, officerPin);
    library.C_InitPIN(session, pin);
  } finally {
    library.C_Finalize();
  }
}

/** @returns {string} nine digits */
export function newPin() {
  return String(randomInt(10 ** 8, 10 ** 9));
}

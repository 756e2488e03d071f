// What another program does to a token behind Holdfast's back. Run by `token-tool.ts`, with one
// argument in JSON: the module, its parameters, the token's label, the PIN, and the acts.
import { createRequire } from 'node:module';

/**
 * @typedef {{ label?: string, id?: string, encrypt?: boolean, material?: string }} Names
 * @typedef {{ module: string, libraryParameters?: string, label: string, pin: string }} Token
 */

const p = /** @type {typeof import('pkcs11js')} */ (createRequire(import.meta.url)('pkcs11js'));
const { module, libraryParameters, label, pin, acts } =
  /** @type {Token & { acts: [string, Names][] }} */ (JSON.parse(process.argv[2] ?? ''));

const library = new p.PKCS11();
library.load(module);
const flags = p.CKF_OS_LOCKING_OK;
// pkcs11js drops the last character of the parameters.
library.C_Initialize(
  libraryParameters ? { flags, libraryParameters: `${libraryParameters} ` } : { flags },
);
const slots = library.C_GetSlotList(true);
const slot = slots.find((each) => library.C_GetTokenInfo(each).label.trim() === label);
if (slot === undefined) throw new Error(`there is no token ${label}`);
const session = library.C_OpenSession(slot, p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
library.C_Login(session, p.CKU_USER, pin);

/** @type {(object: Buffer, type: number) => string} */
const attribute = (object, type) =>
  String(library.C_GetAttributeValue(session, object, [{ type }])[0]?.value ?? '');

/** @param {Names} names */
function find(names, keyClass = p.CKO_SECRET_KEY) {
  const template = [{ type: p.CKA_CLASS, value: keyClass }, ...attributesOf(names)];
  library.C_FindObjectsInit(session, template);
  const found = library.C_FindObjects(session, 1000);
  library.C_FindObjectsFinal(session);
  return found;
}

/** @param {Names} names */
function attributesOf({ label: name, id }) {
  return [
    ...(name === undefined ? [] : [{ type: p.CKA_LABEL, value: name }]),
    ...(id === undefined ? [] : [{ type: p.CKA_ID, value: Buffer.from(id) }]),
  ];
}

/** @param {boolean} encrypt */
function aesKey(encrypt) {
  return [
    { type: p.CKA_CLASS, value: p.CKO_SECRET_KEY },
    { type: p.CKA_KEY_TYPE, value: p.CKK_AES },
    { type: p.CKA_TOKEN, value: true },
    { type: p.CKA_PRIVATE, value: true },
    { type: p.CKA_SENSITIVE, value: true },
    { type: p.CKA_ENCRYPT, value: encrypt },
    { type: p.CKA_DECRYPT, value: true },
  ];
}

/** @type {Record<string, (names: Names) => void>} */
const does = {
  generate: ({ encrypt = true, ...names }) => {
    library.C_GenerateKey(session, { mechanism: p.CKM_AES_KEY_GEN }, [
      ...aesKey(encrypt),
      { type: p.CKA_VALUE_LEN, value: 32 },
      ...attributesOf(names),
    ]);
  },
  import: ({ material = '', ...names }) => {
    library.C_CreateObject(session, [
      ...aesKey(true),
      { type: p.CKA_VALUE, value: Buffer.from(material, 'base64') },
      ...attributesOf(names),
    ]);
  },
  destroy: (names) => {
    for (const object of find(names)) library.C_DestroyObject(session, object);
  },
  relabelPrivate: ({ label: old = '', id: next = '' }) => {
    const found = find({ label: old }, p.CKO_PRIVATE_KEY);
    if (found.length !== 1) throw new Error(`there are ${found.length} private keys ${old}`);
    for (const object of found) {
      library.C_SetAttributeValue(session, object, [
        { type: p.CKA_LABEL, value: Buffer.from(next) },
      ]);
    }
  },
  forbidEncryption: (names) => {
    for (const object of find(names)) {
      library.C_SetAttributeValue(session, object, [{ type: p.CKA_ENCRYPT, value: false }]);
    }
  },
};

for (const [act, names] of acts) does[act]?.(names);
const objects = find({}).map((object) => ({
  label: attribute(object, p.CKA_LABEL),
  id: attribute(object, p.CKA_ID),
}));
process.stdout.write(JSON.stringify(objects));
library.C_Finalize();

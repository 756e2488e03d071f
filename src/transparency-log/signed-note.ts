import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64 } from '../shared/bytes.js';

const ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Neither spaces nor plus; visible ASCII is more than anybody needs. */
const KEY_NAME = /^[\x21-\x2a\x2c-\x7e]{1,200}$/;
const VERIFIER_KEY = /^(?<name>[\x21-\x2a\x2c-\x7e]{1,200})\+(?<id>[0-9a-f]{8})\+(?<key>.+)$/;
const SIGNATURE_LINE = /^\u2014 (?<name>[^\s+]+) (?<signature>[A-Za-z0-9+/=]+)$/;
/** DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The error for a note, or the key to one, that is not what it should be. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

/** A public key that signatures are checked with: Ed25519, and the name that it signs under. */
export interface VerifierKey {
  readonly name: string;
  /** First four bytes of a hash over name, algorithm and key: tells keys of one name apart. */
  readonly id: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/** A private key that notes are signed with. */
export interface NoteSigner {
  readonly verifierKey: VerifierKey;
  readonly privateKey: KeyObject;
}

/** Tells whether a text may be the name of a key. */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text);
}

/**
 * Makes the signer of a name.
 *
 * @param privateKey Ed25519
 * @throws NoteError for a name or a key that cannot sign notes
 */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new NoteError('not an Ed25519 key');
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { verifierKey: verifierKey(name, spki.subarray(-PUBLIC_KEY_BYTES)), privateKey };
}

/**
 * Formats a verifier key as `name+id+key`: all that a verifier must be given on a trusted way.
 *
 * @see C2SP signed-note, section Verifier keys
 */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  const key = Buffer.concat([Buffer.of(ED25519), publicKey]);
  return `${name}+${id.toString('hex')}+${key.toString('base64')}`;
}

/**
 * Reads a verifier key from its text.
 *
 * @throws NoteError for anything but the verifier key of an Ed25519 key
 * @see C2SP signed-note, section Verifier keys
 */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, id, key } = VERIFIER_KEY.exec(text)?.groups ?? {};
  const bytes = key === undefined ? undefined : decodeBase64(key);
  if (name === undefined || bytes?.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519) {
    throw new NoteError('not a verifier key: NAME+8 hexadecimal digits+base64 of an Ed25519 key');
  }
  const parsed = verifierKey(name, bytes.subarray(1));
  if (parsed.id.toString('hex') === id) return parsed;
  throw new NoteError('the id in the verifier key is not that of its name and key');
}

/**
 * Signs a text, and returns the note.
 *
 * @param text ends with a line feed
 * @see C2SP signed-note, section Format
 */
export function signNote(text: string, { verifierKey: key, privateKey }: NoteSigner): string {
  const signature = sign(null, Buffer.from(text), privateKey);
  const line = Buffer.concat([key.id, signature]).toString('base64');
  return `${text}\n\u2014 ${key.name} ${line}\n`;
}

/**
 * Checks that a note is signed by a key. Signatures of other keys are passed over.
 *
 * @returns the text, with its last line feed
 * @throws NoteError for what is no note, or is not signed by this key
 * @see C2SP signed-note, sections Format and Signatures
 */
export function openNote(note: string, key: VerifierKey): string {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new NoteError('not a signed note');
  const text = note.slice(0, end + 1);
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(parseSignature);
  const own = signatures.filter(({ name, id }) => name === key.name && id.equals(key.id));
  if (own.length === 0) {
    const names = signatures.map(({ name, id }) => `${name}+${id.toString('hex')}`).join(', ');
    throw new NoteError(`signed by ${names}, and not by ${key.name}+${key.id.toString('hex')}`);
  }
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, key.publicKey]),
    format: 'der',
    type: 'spki',
  });
  const isGenuine = own.every(({ signature }) =>
    verify(null, Buffer.from(text), publicKey, signature),
  );
  if (!isGenuine) throw new NoteError(`the signature of ${key.name} is not genuine`);
  return text;
}

function parseSignature(line: string) {
  const { name, signature } = SIGNATURE_LINE.exec(line)?.groups ?? {};
  const bytes = signature === undefined ? undefined : decodeBase64(signature);
  if (name === undefined || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw new NoteError('a signature line of the note is malformed');
  }
  return {
    name,
    id: bytes.subarray(0, KEY_ID_BYTES),
    signature: bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + SIGNATURE_BYTES + 1),
  };
}

function verifierKey(name: string, publicKey: Buffer): VerifierKey {
  if (!isKeyName(name)) {
    throw new NoteError('a key name has 1 to 200 visible ASCII characters, and no plus');
  }
  const id = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(ED25519))
    .update(publicKey)
    .digest()
    .subarray(0, KEY_ID_BYTES);
  return { name, id, publicKey };
}

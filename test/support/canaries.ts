import { createHash } from 'node:crypto';

const bytes = (label: string): Buffer => createHash('sha256').update(`canary ${label}`).digest();

/**
 * Secrets for tests, recognisable wherever they turn up: the test run ends with a search for
 * them in everything that servers and tests have logged.
 */
export const canaries = {
  /** 32 bytes to encrypt. */
  plaintext: bytes('plaintext'),
  /** 32 bytes of AES-256 key material. */
  keyMaterial: bytes('key material'),
  /** 32 bytes that seal key documents. */
  masterKey: bytes('master key'),
  /** 32 bytes that events for webhooks are signed with. */
  webhookSecret: bytes('webhook secret'),
  /** A passphrase to derive a master key from. */
  passphrase: 'canary passphrase that no log may show',
  /** 64 characters, the most that KMS allows, with every kind of character in it. */
  secretAccessKey: 'CanarySecretAccessKey/0123456789+abcdefghijklmnopqrstuvwxyzABCD=',
  /** 43 characters, the fewest: the secret of every server that is started as a process. */
  quickstartSecretAccessKey: 'QuickstartCanary+zyxwvutsrqponmlkjihgfedcba',
} as const;

/** How much of a canary is searched for: enough to be unique, and logs cut long values short. */
const searchedBytes = 24;

/**
 * The ways in which a program writes bytes down, by name.
 *
 * @param canary text stands for its UTF-8 bytes
 */
export function canaryForms(canary: Uint8Array | string): Map<string, Buffer> {
  const start = Buffer.from(canary).subarray(0, searchedBytes);
  const hex = start.toString('hex');
  const texts = {
    hex,
    'hex in capitals': hex.toUpperCase(),
    'hex as util.inspect shows it': hex.replace(/(..)(?!$)/g, '$1 '),
    'decimal as JSON shows it': start.join(','),
    base64: start.toString('base64').slice(0, (searchedBytes / 3) * 4),
    'base64 behind 1 other byte': base64Behind(1, start),
    'base64 behind 2 other bytes': base64Behind(2, start),
  };
  const forms = new Map([['raw', start]]);
  for (const [name, text] of Object.entries(texts)) {
    forms.set(name, Buffer.from(text));
    const urlText = text.replaceAll('+', '-').replaceAll('/', '_');
    if (urlText !== text) forms.set(name.replace('base64', 'base64url'), Buffer.from(urlText));
  }
  return forms;
}

/** Base64 of the bytes amid others: without the characters that share bits with a neighbour. */
function base64Behind(offset: 1 | 2, part: Buffer): string {
  const whole = Buffer.concat([Buffer.alloc(offset), part]);
  const groups = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64');
  return groups.slice(offset + 1);
}

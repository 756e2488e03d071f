import { createHash } from 'node:crypto';

/** A file of policies as it was read. */
export interface PolicyFile {
  /** Name without its folder, the same on every replica. */
  readonly name: string;
  /** The path, absolute, for messages. */
  readonly path: string;
  readonly text: string;
}

/** The policies of a key, which narrow those of its key store. */
export interface KeyPolicyFiles {
  /** A key's id, or an alias. */
  readonly externalKeyId: string;
  readonly files: readonly PolicyFile[];
}

/** The policies of a key store as they were read. */
export interface PolicySource {
  readonly keyStore: string;
  /** For `localHour` and `weekday`. */
  readonly timeZone: string;
  readonly files: readonly PolicyFile[];
  readonly keys: readonly KeyPolicyFiles[];
}

/** Changes when the same policies come to mean something else. */
const FORMAT = 1;

/** A set of policies as it is kept: what its hash is of. */
export interface KeptPolicySet {
  readonly format: typeof FORMAT;
  readonly keyStore: string;
  readonly timeZone: string;
  readonly files: readonly KeptFile[];
  readonly keys: readonly { readonly externalKeyId: string; readonly files: readonly KeptFile[] }[];
}

type KeptFile = Pick<PolicyFile, 'name' | 'text'>;

/** Writes a set of policies so that equal sets are equal text, whatever folders they come from. */
export function policySetText({ keyStore, timeZone, files, keys }: PolicySource): string {
  const kept: KeptPolicySet = {
    format: FORMAT,
    keyStore,
    timeZone,
    files: files.map(keptFile),
    keys: keys
      .map(({ externalKeyId, files: ofKey }) => ({ externalKeyId, files: ofKey.map(keptFile) }))
      .sort((a, b) => (a.externalKeyId < b.externalKeyId ? -1 : 1)),
  };
  return `${JSON.stringify(kept)}\n`;
}

/** The name of a set of policies: SHA-256 of {@link policySetText}, 64 hexadecimal digits. */
export function policySetHash(source: PolicySource): string {
  return createHash('sha256').update(policySetText(source)).digest('hex');
}

function keptFile({ name, text }: PolicyFile): KeptFile {
  return { name, text };
}

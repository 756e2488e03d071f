import { KmsException } from '../exceptions.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ARN = /^arn:aws:kms:(?<region>[^:]*):(?<account>[^:]*):(?<kind>key|alias)\/(?<name>.+)$/;

/** A key or an alias, as a caller names it. */
export type KeyName =
  | { readonly kind: 'key'; readonly account: string; readonly id: string }
  | { readonly kind: 'alias'; readonly account: string; readonly arn: string };

/** The place in which names are looked up. */
export interface NameScope {
  readonly region: string;
  /** Account of the caller. */
  readonly account: string;
}

/**
 * Reads a key id, a key ARN, an alias name or an alias ARN.
 *
 * @throws KmsException for what cannot name a key in this Region
 */
export function parseKeyName(text: string, { region, account }: NameScope): KeyName {
  if (text.startsWith('alias/')) {
    return { kind: 'alias', account, arn: aliasArn({ region, account }, text) };
  }
  if (UUID.test(text)) return { kind: 'key', account, id: text };
  if (!text.startsWith('arn:')) {
    throw new KmsException('NotFoundException', `Invalid keyId '${text}'`);
  }
  const found = ARN.exec(text)?.groups;
  if (found === undefined) throw new KmsException('InvalidArnException', `Invalid arn ${text}`);
  const { region: named = '', account: owner = '', kind = '', name = '' } = found;
  if (named !== region) throw new KmsException('NotFoundException', `Invalid arn ${named}`);
  if (kind === 'alias') return { kind: 'alias', account: owner, arn: text };
  if (!UUID.test(name)) throw new KmsException('NotFoundException', `Invalid keyId '${name}'`);
  return { kind: 'key', account: owner, id: name };
}

/** The ARN of a key. @param id its UUID */
export function keyArn({ region, account }: NameScope, id: string): string {
  return `arn:aws:kms:${region}:${account}:key/${id}`;
}

/** The ARN of an alias. @param name with its prefix `alias/` */
export function aliasArn({ region, account }: NameScope, name: string): string {
  return `arn:aws:kms:${region}:${account}:${name}`;
}

import { KmsException } from '../exceptions.js';
import type { Call } from '../call.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { AliasRecord } from '../keys/records.js';
import * as member from '../protocol/inputs.js';

/** The name of an alias, as the API has it. */
export const aliasName = member.text(1, 256).regex(/^[a-zA-Z0-9:/_-]+$/);

/** Checks a name that a caller may create, change or delete. @throws KmsException */
export function requireOwnAliasName(name: string): void {
  if (!name.startsWith('alias/')) {
    throw new KmsException('ValidationException', 'Alias must start with the prefix "alias/".');
  }
  if (name.startsWith('alias/aws/')) {
    throw new KmsException(
      'NotAuthorizedException',
      'Aliases that begin with alias/aws/ are reserved for AWS managed keys.',
    );
  }
  if (/^alias\/.*:|^alias\/$/.test(name)) {
    throw new KmsException('InvalidAliasNameException', `The alias name ${name} is not valid.`);
  }
}

/** The alias of this name in the caller's account. @throws KmsException where there is none */
export function aliasOf(name: string, { account }: Call, keys: KeyRing): AliasRecord {
  const arn = keys.aliasArnOf(account, name);
  const alias = keys.aliases.get(arn);
  if (alias !== undefined) return alias;
  throw new KmsException('NotFoundException', `Alias ${arn} is not found.`);
}

import type { Explanation } from './finding.js';

const NODE_OUT =
  'Requests go to the other nodes. Where there is none they fail, and KMS callers see ' +
  'KMSInvalidStateException.';

/** A fault that the words of its failure give away; the first that fits counts. */
const KNOWN_CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /\bseal(ed)?\b.*503|503.*\bsealed\b|Vault is sealed/,
    'The server is sealed, which no network setting changes. Unseal it: `bao operator unseal`, on each ' +
      'server, with as many key shares as it asks for; or see why auto-unseal does not. One that was never ' +
      'initialised says the same: `bao operator init`, once for the cluster.',
  ],
  [
    /not initialized/,
    'The server has never been initialised: `bao operator init`, once for the cluster. If it has, this ' +
      'is another server, or its storage is gone.',
  ],
  [
    /invalid role or secret id|invalid secret id|invalid role id/i,
    'Role id and secret id do not belong together, or the secret id has run out. Make a new one, ' +
      '`bao write -f auth/approle/role/ROLE/secret-id`, and put it where `login.secretId` says.',
  ],
  [
    /refuses the token/,
    'The token is wrong or has run out, or its policy does not grant this path. See which: ' +
      '`bao token lookup`, then `bao token capabilities PATH`; the policy that Holdfast needs is in ' +
      'docs/key-managers-vault.md. Where it is the login that is refused, its method may not be enabled, or ' +
      'elsewhere than `login.mountPath` says: `bao auth list`.',
  ],
  [
    /nothing is mounted|not an answer of the Transit|not one of the Transit/,
    '`mountPath` or `namespace` is not that of a Transit engine: compare with `bao secrets list`.',
  ],
  [
    /no trusted connection/,
    'The certificate of the server does not verify. Put the authority that issued it into `tls.roots`, ' +
      'and see that `address` has a name that is in the certificate.',
  ],
  [
    /ECONNREFUSED/,
    'Nothing listens at this address: see that the server runs there, and that host and port are right.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    'The name of the server does not resolve here: correct `address`, or the name service of this machine.',
  ],
  [
    /CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'The address answers nothing: see routes and firewalls between this machine and the server.',
  ],
  [
    /PIN is locked/,
    "The token's PIN is locked or nearly: have its security officer reset it, and put the new one " +
      'where `pin` says before anybody tries again.',
  ],
  [
    /refuses the PIN/,
    'The PIN is wrong. Correct it where `pin` says before you try again: tokens lock after a few.',
  ],
  [
    /there is no token with/,
    'The library works and shows other tokens, or none. Compare `token` with those that are present; ' +
      'where yours is missing, the library looks elsewhere: see that `environment` has its variables, ' +
      'such as SOFTHSM2_CONF, and that the user that Holdfast runs as may read the folder of the tokens.',
  ],
  [
    /cannot be loaded/,
    'See that `module` is the path of the library, that this user may read it, and that what it needs ' +
      'is there: `ldd PATH`.',
  ],
  [/pkcs11js is missing/, 'Install what the message says, and run it again.'],
  [
    /the token has no key holdfast-health-test/,
    'For a new token, start the server once with --init. For one that was in use, this is the wrong ' +
      'token, or its objects are gone.',
  ],
];

/** Explains a failure whose words say what it is. */
export function knownCause(message: string): Explanation | undefined {
  const advice = KNOWN_CAUSES.find(([pattern]) => pattern.test(message))?.[1];
  return advice === undefined ? undefined : { meaning: NODE_OUT, advice };
}

import type { KnownCause } from '../definition.js';

/** Faults of servers and of the way to them that the words of a failure give away. */
export const KNOWN_CAUSES: readonly KnownCause[] = [
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
];

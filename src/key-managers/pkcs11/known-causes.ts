import type { KnownCause } from '../definition.js';

/** Faults of tokens and their libraries that the words of a failure give away. */
export const KNOWN_CAUSES: readonly KnownCause[] = [
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
    /pkcs11js cannot be loaded/,
    'Install what the message names, run its command, and run this check again.',
  ],
  [
    /cannot be loaded/,
    'See that `module` is the path of the library, that this user may read it, and that what it needs ' +
      'is there: `ldd PATH`.',
  ],
  [
    /the token has no key holdfast-health-test/,
    'For a new token, start the server once with --init. For one that was in use, this is the wrong ' +
      'token, or its objects are gone.',
  ],
];

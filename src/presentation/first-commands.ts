import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** The addresses that `localhost` reaches; the quickstart's certificate names no other host. */
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '::']);

/** A quickstart that serves. */
export interface ServingQuickstart {
  /** PEM file that the client must trust. */
  readonly authority: string;
  readonly listeners: readonly { readonly address: AddressInfo; readonly security: string }[];
  readonly adminSocket: string;
}

/**
 * Writes the first commands to try, for a shell in any folder that lacks the server's environment.
 *
 * @returns a line each
 */
export function firstCommands(quickstart: ServingQuickstart): string[] {
  const { authority, listeners, adminSocket } = quickstart;
  const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const callable = listeners.find(
    ({ address, security }) => security === 'TLS' && LOCAL.has(address.address),
  );
  const url = `https://localhost:${String(callable?.address.port)}/ping`;
  return [
    `node ${word(program)} keys list --socket ${word(adminSocket)}`,
    ...(callable === undefined ? [] : [`curl --cacert ${word(authority)} ${url}`]),
  ];
}

/** A word of a shell's command line. */
function word(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

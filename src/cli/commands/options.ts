import { resolve } from 'node:path';
import { Command } from 'commander';
import { AdminClient } from '../admin-client.js';
import { findAdminSocket } from '../socket-path.js';
import type { Terminal } from '../terminal.js';

/** The options of a command that speaks to a server. */
export interface OnlineOptions {
  readonly socket?: string;
}

/** The options of a command whose result can be printed for people or for programs. */
export interface ListingOptions extends OnlineOptions {
  readonly json?: boolean;
}

/** A command that speaks to a running server. */
export function onlineCommand(name: string): Command {
  return new Command(name)
    .option('--socket <path>', 'admin socket of the server (default: as its configuration says)')
    .option('--config <file>', "the server's configuration (default: as for serve)");
}

/** A command that speaks to a running server and prints a table, or JSON. */
export function listingCommand(name: string): Command {
  return onlineCommand(name).option('--json', 'print JSON, for programs');
}

/** An example below a command's help. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}

/** The client for the server that the options or else the environment name. */
export function connect({ socket }: OnlineOptions, { env }: Terminal): AdminClient {
  return new AdminClient(socket === undefined ? findAdminSocket(env) : resolve(socket));
}

import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
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

/** A command that reads an audit log by its files. @param takes the values that --log takes */
export function auditCommand(name: string, takes: '<directory>' | '<directory...>'): Command {
  const folders = takes === '<directory>' ? 'folder' : 'folders, one for each replica,';
  return new Command(name)
    .option(`--log ${takes}`, `${folders} of the audit log (default: the configuration's)`)
    .option('--config <file>', "the server's configuration (default: as for serve)");
}

/** Returns a reader of an option's whole number between two bounds, both included. */
export function wholeNumber(min: number, max?: number): (text: string) => number {
  const end = max === undefined ? 'up' : `to ${String(max)}`;
  return (text) => {
    const number = Number(text);
    const isSafe = /^[0-9]+$/.test(text) && Number.isSafeInteger(number);
    if (isSafe && number >= min && number <= (max ?? number)) return number;
    throw new InvalidArgumentError(`Give a whole number from ${String(min)} ${end}.`);
  };
}

/** An example below a command's help. */
export function example(line: string): string {
  return `\nExample:\n  $ ${line}\n`;
}

/** The client for the server that the options or else the environment name. */
export function connect({ socket }: OnlineOptions, { env }: Terminal): AdminClient {
  return new AdminClient(socket === undefined ? findAdminSocket(env) : resolve(socket));
}

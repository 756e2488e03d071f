import type { Command } from 'commander';
import { auditFolder } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';
import { auditCommand } from './options.js';

const NOTES = `
Prints the public key as one line: the name of the log, an id and the Ed25519 key (C2SP signed-note). Copy it from
the machine once, when the log begins, and keep it where nobody can change both the key and the log. A key that is
stored only beside the log proves nothing.

Example:
  $ holdfast audit public-key > audit-1.vkey
`;

/** `holdfast audit public-key` */
export function auditPublicKeyCommand(terminal: Terminal): Command {
  return auditCommand('public-key', '<directory>')
    .description('print the key that verifies the audit log; needs no server')
    .addHelpText('after', NOTES)
    .action(async ({ log: named }: { readonly log?: string }) => {
      const { LogFolder, NoLogError } = await import('../../audit/read/log-folder.js');
      const folder = auditFolder(named, terminal);
      const log = await LogFolder.open(folder).catch((error: unknown) => {
        if (!(error instanceof NoLogError)) throw error;
        const advice = 'Name its folder with --log, or the configuration with HOLDFAST_CONFIG.';
        throw new CliError(EXIT.failed, `${error.message} ${advice}`);
      });
      terminal.print(`${await log.publicKey()}\n`);
    });
}

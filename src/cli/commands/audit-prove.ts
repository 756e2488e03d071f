import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { auditFolder } from '../audit-folders.js';
import { readNamedFile } from '../read-small-file.js';
import type { Terminal } from '../terminal.js';
import { verifierKeys } from '../verifier-keys.js';
import { auditCommand, example, wholeNumber } from './options.js';
import { counted } from '../../shared/counted.js';

const NOTES = `
Writes two files. NAME.json is the record's line without the line feed: the bytes of the leaf. NAME.tlog-proof is
the proof, for any program that reads c2sp.org/tlog-proof.

Example:
  $ holdfast audit prove --record 4711 --public-key audit-1.vkey --output record-4711
`;

interface ProveOptions {
  readonly record: number;
  readonly publicKey: readonly string[];
  readonly log?: string;
  readonly output: string;
}

/** `holdfast audit prove` */
export function auditProveCommand(terminal: Terminal): Command {
  return auditCommand('prove', '<directory>')
    .description('prove to others that a record is in the log, without the log; needs no server')
    .requiredOption('--record <sequence>', 'number of the record', wholeNumber(0))
    .requiredOption('--public-key <key...>', 'of the log, or files that hold it')
    .requiredOption('--output <name>', 'files to write, without their suffixes')
    .addHelpText('after', NOTES)
    .action(async (options: ProveOptions) => {
      const { proveRecord } = await import('../../audit/verify/prove.js');
      const keys = await verifierKeys(options.publicKey);
      const folder = auditFolder(options.log, terminal);
      const { line, proof } = await proveRecord(folder, options.record, keys);
      const asNew = { flag: 'wx', mode: 0o600 } as const;
      await writeFile(`${options.output}.json`, line, asNew);
      await writeFile(`${options.output}.tlog-proof`, proof, asNew);
      terminal.print(`${options.output}.json\n${options.output}.tlog-proof\n`);
    });
}

interface CheckOptions {
  readonly publicKey: string;
  readonly record: string;
  readonly proof: string;
}

/** `holdfast audit check-proof` */
export function auditCheckProofCommand(terminal: Terminal): Command {
  return new Command('check-proof')
    .description('check a proof that "audit prove" has made; needs no server and no log')
    .requiredOption('--record <file>', 'the line of the record')
    .requiredOption('--proof <file>', 'the proof')
    .requiredOption('--public-key <key>', 'of the log, or a file that holds it')
    .addHelpText(
      'after',
      example(
        'holdfast audit check-proof --record r.json --proof r.tlog-proof --public-key audit-1.vkey',
      ),
    )
    .action(async (options: CheckOptions) => {
      const { checkProof } = await import('../../audit/verify/prove.js');
      const [key] = await verifierKeys([options.publicKey]);
      const line = (await readNamedFile(options.record, 'the record'))
        .toString()
        .replace(/\n$/, '');
      const proof = (await readNamedFile(options.proof, 'the proof')).toString();
      const { origin, size } = checkProof(Buffer.from(line), proof, key);
      terminal.print(
        `The record is in the log ${origin}, as it was signed at ${counted(size, 'record')}.\n`,
      );
    });
}

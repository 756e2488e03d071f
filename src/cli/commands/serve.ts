import { Command, InvalidArgumentError } from 'commander';
import type { InitPart } from '../../main.js';
import { withoutPretenuring } from '../../shared/pretenuring.js';
import { example } from './options.js';

interface Options {
  readonly config?: string;
  readonly init?: true | readonly InitPart[];
  readonly acceptUnsignedTail?: string;
}

const INIT_PARTS: readonly InitPart[] = ['keys', 'audit', 'state'];
/** The record of it is to be read by people. */
const MAX_REASON_CHARACTERS = 1_000;

/** `holdfast serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the proxy until SIGTERM or SIGINT')
    .option('--config <file>', 'configuration (default: HOLDFAST_CONFIG, or else the quickstart)')
    .option(
      '--init [parts]',
      'begin everything that is empty, at the first start; or only "keys", "audit" or "state", where they were lost',
      initParts,
    )
    .option(
      '--accept-unsigned-tail <reason>',
      'take over audit records that nobody has signed, and record why (once, after the error that asks for it)',
      reason,
    )
    .addHelpText('after', example('holdfast serve --config /etc/holdfast/holdfast.yaml'))
    .action(async ({ config, init, acceptUnsignedTail }: Options) => {
      withoutPretenuring();
      // Only here: the server's modules would slow down the start of every other command.
      const { serve } = await import('../../main.js');
      await serve({
        ...(config === undefined ? {} : { configFile: config }),
        ...(init === undefined ? {} : { init }),
        ...(acceptUnsignedTail === undefined ? {} : { acceptUnsignedTail }),
      });
    });
}

function reason(text: string): string {
  const words = text.trim();
  if (words.length > 0 && words.length <= MAX_REASON_CHARACTERS) return words;
  throw new InvalidArgumentError(
    `Say why, in 1 to ${String(MAX_REASON_CHARACTERS)} characters; found ${String(words.length)}.`,
  );
}

function initParts(text: string): readonly InitPart[] {
  const parts = text.split(',');
  const known = INIT_PARTS.filter((part) => parts.includes(part));
  if (known.length === parts.length) return known;
  throw new InvalidArgumentError(
    `Allowed: ${INIT_PARTS.join(', ')}, or several with commas between them.`,
  );
}

import { Command } from 'commander';
import { example } from './options.js';

interface Options {
  readonly config?: string;
  readonly init?: boolean;
}

/** `holdfast serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the proxy until SIGTERM or SIGINT')
    .option('--config <file>', 'configuration (default: HOLDFAST_CONFIG, or else the quickstart)')
    .option('--init', 'first start: accept that a key folder is still empty')
    .addHelpText('after', example('holdfast serve --config /etc/holdfast/holdfast.yaml'))
    .action(async ({ config, init }: Options) => {
      // Only here: the server's modules would slow down the start of every other command.
      const { serve } = await import('../../main.js');
      await serve({
        ...(config === undefined ? {} : { configFile: config }),
        ...(init === undefined ? {} : { init }),
      });
    });
}

import type { Command } from 'commander';
import { writeSecretFile } from '../write-secret-file.js';
import type { Terminal } from '../terminal.js';
import { connect, example, onlineCommand, type OnlineOptions } from './options.js';

interface Options extends OnlineOptions {
  readonly accessKeyId?: string;
  readonly output?: string;
}

/** `holdfast key-stores export` */
export function keyStoresExportCommand(terminal: Terminal): Command {
  return onlineCommand('export')
    .description(
      'print the proxy configuration file that the AWS KMS console takes; holds a secret',
    )
    .argument('<name>', 'key store')
    .option('--access-key-id <id>', 'which credential (default: the first)')
    .option('--output <file>', 'write to a new file of mode 0600 instead')
    .addHelpText(
      'after',
      example('holdfast key-stores export production --output xks-proxy-configuration.json'),
    )
    .action(async (keyStore: string, { accessKeyId, output, ...options }: Options) => {
      const file = await connect(options, terminal).call('exportKeyStore', {
        pathParameters: { keyStore },
        query: { accessKeyId },
      });
      const text = `${JSON.stringify(file, undefined, 2)}\n`;
      if (output === undefined) terminal.print(text);
      else writeSecretFile(output, text);
    });
}

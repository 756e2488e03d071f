import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { generateCredential } from '../../key-stores/credential-generator.js';
import { record } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { example } from './options.js';

interface Options {
  readonly json?: boolean;
}

/** `holdfast credentials generate` */
export function credentialsGenerateCommand(terminal: Terminal): Command {
  return new Command('generate')
    .description('make a credential for a key store; needs no server and stores nothing')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', example('holdfast credentials generate'))
    .action(({ json }: Options) => {
      const { accessKeyId, secretAccessKey } = generateCredential(randomBytes);
      const secret = secretAccessKey.reveal();
      if (json) printJson(terminal, { accessKeyId, secretAccessKey: secret });
      else terminal.print(explain(accessKeyId, secret));
    });
}

function explain(accessKeyId: string, secret: string): string {
  const file = `secrets/${accessKeyId}.secret`;
  const pairs = record([
    ['Access key id', accessKeyId],
    ['Secret access key', secret],
  ]);
  return `${pairs}
Keep the secret in a file of mode 0600 in the server's state directory, ${file},
and add the credential to the key store in the configuration:

    credentials:
      - accessKeyId: ${accessKeyId}
        secretAccessKey: "\${file:${file}}"
`;
}

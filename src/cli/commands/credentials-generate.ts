import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { generateCredential } from '../../key-stores/credential-generator.js';
import { makeSecretFolder, writeSecretFile } from '../write-secret-file.js';
import { record } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { example } from './options.js';

const SUGGESTED_FOLDER = '/etc/holdfast/secrets';

interface Options {
  readonly json?: boolean;
  readonly output?: string;
}

/** `holdfast credentials generate` */
export function credentialsGenerateCommand(terminal: Terminal): Command {
  return new Command('generate')
    .description('make a credential for a key store; needs no server')
    .option(
      '--output <folder>',
      'write the secret to a new file of mode 0600 in it, unseen; made where it is missing',
    )
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', example(`holdfast credentials generate --output ${SUGGESTED_FOLDER}`))
    .action(({ json, output }: Options) => {
      const { accessKeyId, secretAccessKey } = generateCredential(randomBytes);
      const secret = secretAccessKey.reveal();
      const secretFile = join(resolve(output ?? SUGGESTED_FOLDER), `${accessKeyId}.secret`);
      if (output !== undefined) {
        makeSecretFolder(resolve(output));
        writeSecretFile(secretFile, `${secret}\n`);
      }
      const shown = output === undefined ? { secretAccessKey: secret } : { secretFile };
      if (json) printJson(terminal, { accessKeyId, ...shown });
      else
        terminal.print(explain(accessKeyId, secretFile, output === undefined ? secret : undefined));
    });
}

/** @param secret absent when the file has been written */
function explain(accessKeyId: string, secretFile: string, secret: string | undefined): string {
  const shown: [string, string] =
    secret === undefined ? ['Secret written to', secretFile] : ['Secret access key', secret];
  const advice =
    secret === undefined
      ? `Make the file the server's: chown holdfast: '${secretFile}'. Add the credential`
      : `Keep the secret in a file of mode 0600 that the server's user owns, and add the credential`;
  return `${record([['Access key id', accessKeyId], shown])}
${advice}
to the key store in the configuration:

    credentials:
      - accessKeyId: ${accessKeyId}
        secretAccessKey: "\${file:${secretFile}}"
`;
}

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';
import { makeSecretFolder, writeSecretFile } from '../write-secret-file.js';
import { example, wholeNumber } from './options.js';

interface Options {
  readonly tokenLabel: string;
  readonly priorEncryptions: number;
  readonly profile?: string;
  readonly baseDirectory?: string;
  readonly stateDirectory: string;
  readonly secrets?: string;
  readonly output?: string;
}

/** `holdfast import aws-sample` */
export function importAwsSampleCommand(terminal: Terminal): Command {
  return new Command('aws-sample')
    .description(
      "turn the settings of AWS's sample proxy into a configuration; needs no server and refuses " +
        'what it cannot carry over',
    )
    .argument('<file>', 'settings.toml of the sample')
    .requiredOption('--token-label <label>', 'token of the HSM; the sample takes the first slot')
    .requiredOption(
      '--prior-encryptions <count>',
      'upper bound of the encryptions that any one key has made; the sample does not count',
      wholeNumber(0),
    )
    .option('--profile <name>', 'vendor profile of the HSM (default: as the settings tell)')
    .option('--base-directory <folder>', 'where the sample is started, for its relative paths')
    .option('--state-directory <folder>', 'state directory of Holdfast', '/var/lib/holdfast')
    .option(
      '--secrets <folder>',
      'write PIN and secret access keys to new files of mode 0600 there; made where it is missing',
    )
    .option('--output <file>', 'write to a new file of mode 0600 instead')
    .addHelpText(
      'after',
      example(
        'holdfast import aws-sample settings.toml --token-label xks --prior-encryptions 1000000',
      ),
    )
    .action(async (file: string, options: Options) => {
      await importFile(file, options, terminal);
    });
}

async function importFile(file: string, options: Options, terminal: Terminal): Promise<void> {
  // Only here: what the configuration describes would slow down every other command.
  const { importSettings } = await import('../import-aws-sample/import-settings.js');
  const { renderImported } = await import('../import-aws-sample/render.js');
  const { baseDirectory, output, secrets: folder } = options;
  const choices = {
    ...options,
    stateDirectory: resolve(options.stateDirectory),
    baseDirectory: baseDirectory === undefined ? undefined : resolve(baseDirectory),
  };
  const secretsFolder = folder === undefined ? 'secrets' : resolve(folder);
  const source = { file, text: readText(file) };
  const imported = importSettings(source, choices, ({ fileName }) => {
    return `\${file:${join(secretsFolder, fileName)}}`;
  });
  if (folder !== undefined) {
    makeSecretFolder(secretsFolder);
    for (const { fileName, secret } of imported.secrets) {
      writeSecretFile(join(secretsFolder, fileName), `${secret.reveal()}\n`);
    }
  }
  const yaml = renderImported(imported);
  if (output === undefined) terminal.print(yaml);
  else writeSecretFile(output, yaml);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.failed, `${file} cannot be read.`, { cause: error });
  }
}

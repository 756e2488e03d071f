import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { ImportWay } from '../../admin/contract/key-import.js';
import { confirm } from '../confirm.js';
import { CliError, EXIT } from '../exit.js';
import { readNamedFile } from '../read-small-file.js';
import { printJson, type Terminal } from '../terminal.js';
import { parseTime } from '../time-options.js';
import { makeSecretFolder, writeSecretFile } from '../write-secret-file.js';
import { type KeyOptions, keyCommand, onKey, tellChanged } from './keys-acts.js';
import { connect, example, wholeNumber } from './options.js';

const PUBLIC_KEY_FILE = 'wrapping-public-key.der';
const TOKEN_FILE = 'import-token.bin';

interface ParametersOptions extends KeyOptions, ImportWay {
  readonly output: string;
}

interface ImportOptions extends KeyOptions {
  readonly material: string;
  readonly token: string;
  readonly expires?: number;
  readonly newVersion?: boolean;
  readonly materialVersion?: number;
}

interface DeleteOptions extends KeyOptions {
  readonly yes?: boolean;
}

/** `holdfast keys import-parameters` */
export function keysImportParametersCommand(terminal: Terminal): Command {
  return keyCommand('import-parameters')
    .description('make a wrapping key and a token for one import, both valid for 24 hours')
    .addOption(
      new Option('--wrapping-algorithm <name>', 'how the material will be wrapped')
        .choices(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--wrapping-key-spec <name>', 'the wrapping key')
        .choices(['RSA_2048', 'RSA_3072', 'RSA_4096'])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <folder>', `folder for ${PUBLIC_KEY_FILE} and ${TOKEN_FILE}`)
    .addHelpText(
      'after',
      example(
        'holdfast keys import-parameters payroll --wrapping-algorithm RSAES_OAEP_SHA_256 ' +
          '--wrapping-key-spec RSA_4096 --output import',
      ),
    )
    .action(async (externalKeyId: string, options: ParametersOptions) => {
      const { wrappingAlgorithm, wrappingKeySpec, output, json } = options;
      const publicKeyFile = join(output, PUBLIC_KEY_FILE);
      const tokenFile = join(output, TOKEN_FILE);
      for (const path of [publicKeyFile, tokenFile]) assertFree(path);
      makeSecretFolder(output);
      const made = await connect(options, terminal).call('getImportParameters', {
        ...onKey(externalKeyId, options),
        body: { wrappingAlgorithm, wrappingKeySpec },
      });
      writeSecretFile(publicKeyFile, Buffer.from(made.publicKey, 'base64'));
      writeSecretFile(tokenFile, Buffer.from(made.importToken, 'base64'));
      const { keyManager, validTo } = made;
      if (json === true) {
        printJson(terminal, { externalKeyId, keyManager, publicKeyFile, tokenFile, validTo });
      } else {
        terminal.print(
          `Written: ${publicKeyFile} and ${tokenFile}, for one import into ${externalKeyId} ` +
            `until ${validTo}.\n`,
        );
      }
    });
}

/** `holdfast keys import` */
export function keysImportCommand(terminal: Terminal): Command {
  return keyCommand('import')
    .description('import key material that is wrapped under a wrapping key of import-parameters')
    .requiredOption('--material <file>', 'the wrapped key material')
    .requiredOption('--token <file>', `the ${TOKEN_FILE} that came with the wrapping key`)
    .option('--expires <time>', 'end of its use: 2027-01-01 (UTC) or 2027-01-01T08:00Z', parseTime)
    .option('--new-version', 'further material, to which keys rotate changes')
    .option(
      '--material-version <number>',
      'the version, where several lack material',
      wholeNumber(1),
    )
    .addHelpText(
      'after',
      example(
        'holdfast keys import payroll --material import/wrapped-material.bin ' +
          '--token import/import-token.bin --expires 2027-06-30',
      ),
    )
    .action(async (externalKeyId: string, options: ImportOptions) => {
      const { expires, newVersion, materialVersion: version } = options;
      const validTo = expires === undefined ? undefined : new Date(expires).toISOString();
      const changed = await connect(options, terminal).call('importKeyMaterial', {
        ...onKey(externalKeyId, options),
        body: {
          encryptedKeyMaterial: await readBase64(options.material, 'the wrapped material'),
          importToken: await readBase64(options.token, 'the import token'),
          ...{ validTo, newVersion, version },
        },
      });
      tellChanged(terminal, options, 'Imported.', changed);
      if (changed.state === 'PendingImport') terminal.complain(stillLacking(externalKeyId));
    });
}

/** `holdfast keys delete-imported-material` */
export function keysDeleteImportedMaterialCommand(terminal: Terminal): Command {
  return keyCommand('delete-imported-material')
    .description('destroy all imported material of a key at once, and keep the key')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('holdfast keys delete-imported-material payroll'))
    .action(async (externalKeyId: string, options: DeleteOptions) => {
      const client = connect(options, terminal);
      const request = onKey(externalKeyId, options);
      const body = { what: 'imported-material' } as const;
      await client.call('checkDestruction', { ...request, body });
      const consequence =
        `All imported material of ${externalKeyId} is destroyed at once. What it has encrypted ` +
        'can be decrypted only after the same material is imported again, from your own copy.';
      await confirm(terminal, consequence, options);
      const changed = await client.call('deleteImportedMaterial', request);
      tellChanged(terminal, options, 'Destroyed.', changed);
    });
}

/** Several versions may have lost their material; the key comes back with the last of them. */
function stillLacking(externalKeyId: string): string {
  return (
    'Another version of it still lacks its material: ' + `holdfast keys versions ${externalKeyId}\n`
  );
}

function assertFree(path: string): void {
  if (!existsSync(path)) return;
  const message = `${path} exists and is left as it is. Remove it, or name another folder.`;
  throw new CliError(EXIT.failed, message);
}

async function readBase64(path: string, what: string): Promise<string> {
  const bytes = await readNamedFile(path, what);
  if (bytes.length > 0) return bytes.toString('base64');
  throw new CliError(EXIT.usage, `${path} is empty.`);
}

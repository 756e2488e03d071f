import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CreateKey } from '../../admin/contract/keys.js';
import { keyDetails } from '../key-details.js';
import { printJson, type Terminal } from '../terminal.js';
import { addTag } from './keys-update.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface Options extends ListingOptions {
  readonly keyStore: string;
  readonly usage: CreateKey['usage'];
  readonly origin: NonNullable<CreateKey['origin']>;
  readonly description?: string;
  readonly tag: Readonly<Record<string, string>>;
}

/** `holdfast keys create` */
export function keysCreateCommand(terminal: Terminal): Command {
  return listingCommand('create')
    .description('create an external key, with fresh material or for the import of its material')
    .argument('<id>', 'external key id: 1 to 128 characters of A-Z a-z 0-9 . _ -')
    .requiredOption('--key-store <name>', 'key store through which AWS KMS will use the key')
    .addOption(
      new Option('--usage <usage>', 'ENCRYPT,DECRYPT or ENCRYPT or DECRYPT or NONE; KMS needs both')
        .argParser(parseUsage)
        .default(['ENCRYPT', 'DECRYPT'], 'ENCRYPT,DECRYPT'),
    )
    .addOption(
      new Option('--origin <origin>', 'of the key material: made now, or imported later')
        .choices(['generated', 'external'])
        .default('generated'),
    )
    .option('--description <text>', 'up to 8,192 characters')
    .option('--tag <key=value...>', 'set a tag; may be given several times', addTag, {})
    .addHelpText('after', example('holdfast keys create payroll --key-store production'))
    .action(
      async (
        externalKeyId: string,
        { keyStore, usage, origin, description, tag, ...options }: Options,
      ) => {
        const key = await connect(options, terminal).call('createKey', {
          body: {
            ...{ externalKeyId, keyStore, usage, origin, description },
            ...(Object.keys(tag).length > 0 ? { tags: tag } : {}),
          },
        });
        if (options.json) printJson(terminal, key);
        else terminal.print(`Created.\n\n${keyDetails(key)}`);
        if (usage.length < KMS_NEEDS.length) terminal.complain(`warning: ${refusedByKms(usage)}\n`);
      },
    );
}

/** @see XKS Proxy API, section GetKeyMetadata */
const KMS_NEEDS: CreateKey['usage'] = ['ENCRYPT', 'DECRYPT'];

function refusedByKms(usage: CreateKey['usage']): string {
  const missing = KMS_NEEDS.filter((each) => !usage.includes(each)).join(' and ');
  return (
    `AWS KMS will refuse the key: CreateKey (XksKeyInvalidConfigurationException) takes a key for ENCRYPT and ` +
    `DECRYPT alone, and this one is without ${missing}. What a key may be used for cannot be changed afterwards.`
  );
}

const USAGES: ReadonlyMap<string, CreateKey['usage']> = new Map([
  ['ENCRYPT,DECRYPT', ['ENCRYPT', 'DECRYPT']],
  ['DECRYPT,ENCRYPT', ['ENCRYPT', 'DECRYPT']],
  ['ENCRYPT', ['ENCRYPT']],
  ['DECRYPT', ['DECRYPT']],
  ['NONE', []],
]);

function parseUsage(text: string): CreateKey['usage'] {
  const usage = USAGES.get(text);
  if (usage === undefined) {
    throw new InvalidArgumentError('Allowed: ENCRYPT,DECRYPT; ENCRYPT; DECRYPT; NONE.');
  }
  return usage;
}

import type { Command } from 'commander';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';
import { counted } from '../../shared/counted.js';

/** `holdfast state adopt-counters` */
export function stateAdoptCountersCommand(terminal: Terminal): Command {
  return listingCommand('adopt-counters')
    .description(
      "add this replica's own counters of encryptions to those of the state store; run it once " +
        'on every replica',
    )
    .argument('<key-manager>', 'key manager of the type pkcs11')
    .addHelpText('after', example('holdfast state adopt-counters hsm'))
    .action(async (keyManager: string, options: ListingOptions) => {
      const answer = await connect(options, terminal).call('adoptCounters', {
        pathParameters: { keyManager },
      });
      if (options.json) printJson(terminal, answer);
      else terminal.print(`${sentence(answer)}\n`);
    });
}

function sentence({ adopted, replicas }: { adopted: number; replicas: number }): string {
  const standing = `The counters of this replica are in the state store, with ${adopted} of ${counted(replicas, 'replica')}.`;
  const left = replicas - adopted;
  if (left === 0) return `${standing} They share one limit now.`;
  return (
    `${standing} Run the same on ${left === 1 ? 'the other one' : `the other ${left}`}: ` +
    `until then the store hands out the ${adopted === 1 ? 'share of one' : `shares of ${adopted}`}.`
  );
}

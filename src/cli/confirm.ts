import { CliError, EXIT } from './exit.js';
import type { Terminal } from './terminal.js';

/**
 * Asks a person whether to go on with what cannot be undone.
 *
 * @param consequence what happens, as a sentence
 * @throws CliError where the answer is not yes, or nobody is there to give one
 */
export async function confirm(
  { ask }: Terminal,
  consequence: string,
  { yes }: { readonly yes?: boolean },
): Promise<void> {
  if (yes === true) return;
  if (ask === undefined) {
    throw new CliError(
      EXIT.usage,
      `${consequence} Nobody is there to confirm it. Nothing is done; a program says --yes.`,
    );
  }
  const answer = await ask(`${consequence} Go on? (yes or no) `);
  if (answer.trim().toLowerCase() === 'yes') return;
  throw new CliError(EXIT.failed, 'The answer was not yes. Nothing is done.');
}

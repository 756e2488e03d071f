import type { ShownConfirmation } from '../admin/contract/confirmation.js';

/** {@link confirmationLines} as a text that ends a message. */
export function confirmationText(confirmation: ShownConfirmation): string {
  return `${confirmationLines(confirmation).join('\n')}\n`;
}

/** The lines that say on which replicas an act is in force. */
export function confirmationLines({
  confirmed,
  unconfirmed,
}: ShownConfirmation): readonly string[] {
  const others = unconfirmed.length === 0 ? [] : [`Not confirmed by: ${unconfirmed.join(', ')}.`];
  return [`In force on: ${confirmed.join(', ')}.`, ...others];
}

/** The specification's limit is "fewer than 512". */
const MAX_MESSAGE_LENGTH = 511;

/**
 * Renders an error as the specification wants it: one line of JSON whose message is printable
 * ASCII of fewer than 512 characters. For what goes wrong before or outside the pipeline.
 *
 * @see XKS Proxy API, section Error codes
 */
export function renderError(
  errorName: 'ValidationException' | 'InternalException',
  errorMessage: string,
): string {
  const ascii = errorMessage.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_MESSAGE_LENGTH);
  return JSON.stringify({ errorName, errorMessage: ascii });
}

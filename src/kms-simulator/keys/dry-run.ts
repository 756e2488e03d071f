import { KmsException } from '../exceptions.js';

/** @throws KmsException that says that the call would succeed, before anything is done */
export function requireNoDryRun(isDryRun: boolean | undefined): void {
  if (isDryRun !== true) return;
  throw new KmsException(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}

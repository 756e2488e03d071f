import { KmsException } from '../exceptions.js';

/** Refuses the attestation of an enclave, which the simulator cannot check. @throws KmsException */
export function requireNoRecipient(recipient: object | undefined): void {
  if (recipient === undefined) return;
  throw new KmsException(
    'UnsupportedOperationException',
    'The simulator has no Recipient: it cannot check attestation documents.',
  );
}

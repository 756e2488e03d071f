import type { Clock } from '../../shared/clock.js';
import type { Secret } from '../../shared/secret.js';
import type { CredentialRefusal, CredentialSource } from '../../sigv4/credential-source.js';
import type { KeyStore } from '../key-store.js';
import type { CredentialNotes } from './credential-uses.js';
import type { RunTimeCredentials } from './run-time-credentials.js';
import { type CredentialStanding, standingAt } from './standing.js';

/** The parts that the credentials of a key store come from. */
export interface KeyStoreCredentialsPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly runTime: Pick<RunTimeCredentials, 'secretOf' | 'standingOf'>;
  readonly notes: Pick<CredentialNotes, 'used'>;
}

const REFUSAL: Readonly<Record<CredentialStanding, CredentialRefusal>> = {
  // It has become valid in between.
  valid: 'unknown-access-key-id',
  disabled: 'credential-disabled',
  'not-yet-valid': 'credential-not-yet-valid',
  expired: 'credential-expired',
  unreadable: 'credential-unreadable',
};

/** The credentials of one key store: those of its configuration, and those of the state store. */
export class KeyStoreCredentials implements CredentialSource {
  readonly #keyStore: Pick<KeyStore, 'credentials' | 'name'>;
  readonly #ports: KeyStoreCredentialsPorts;

  constructor(keyStore: Pick<KeyStore, 'credentials' | 'name'>, ports: KeyStoreCredentialsPorts) {
    this.#keyStore = keyStore;
    this.#ports = ports;
  }

  secretOf(accessKeyId: string): Secret | undefined {
    const { clock, runTime } = this.#ports;
    const configured = this.#keyStore.credentials.get(accessKeyId);
    if (configured === undefined) return runTime.secretOf(this.#keyStore.name, accessKeyId);
    const isValid = standingAt(configured, clock.now()) === 'valid';
    return isValid ? configured.secretAccessKey : undefined;
  }

  refusalOf(accessKeyId: string): CredentialRefusal {
    const standing = this.standingOf(accessKeyId);
    return standing === undefined ? 'unknown-access-key-id' : REFUSAL[standing];
  }

  /** The standing of a credential; undefined for one that the key store has not. */
  standingOf(accessKeyId: string): CredentialStanding | undefined {
    const { clock, runTime } = this.#ports;
    const configured = this.#keyStore.credentials.get(accessKeyId);
    if (configured !== undefined) return standingAt(configured, clock.now());
    return runTime.standingOf(this.#keyStore.name, accessKeyId);
  }

  signed(accessKeyId: string): void {
    this.#ports.notes.used(accessKeyId);
  }
}

import { CompactSign } from 'jose';
import type { NoteSigner } from '../transparency-log/signed-note.js';

/** The type of a certificate of destruction, in the protected header of its JWS. */
const TYPE = 'holdfast-destruction+json';

/** Statements that are signed with the key that signs the checkpoints of an audit log. */
export interface Statements {
  /** The name of the log. */
  readonly origin: string;
  /**
   * Signs the log as it is.
   *
   * @returns the newest checkpoint as a signed note; undefined where there is none yet
   */
  checkpoint(): Promise<string | undefined>;
  /**
   * Signs a certificate of destruction. A JWS is one line and a signed note is several, so that
   * neither can be taken for the other.
   *
   * @returns a compact JWS
   * @see RFC 8037, section 3.1
   */
  sign(statement: object): Promise<string>;
}

/** Makes the statements of a log's key. */
export function statementsOf(
  { verifierKey, privateKey }: NoteSigner,
  checkpoint: Statements['checkpoint'],
): Statements {
  const kid = verifierKey.id.toString('hex');
  return {
    origin: verifierKey.name,
    checkpoint,
    sign: (statement) =>
      new CompactSign(Buffer.from(JSON.stringify(statement), 'utf8'))
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
        .sign(privateKey),
  };
}

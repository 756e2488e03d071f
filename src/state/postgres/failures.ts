import pg from 'pg';
import { StateError, type StateErrorCode } from '../errors.js';
import { messageOf } from '../../shared/reason-of.js';

/** A commit of which nobody knows whether it was done, or whether it will last. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** A connection that ended, or that does not answer: another one may do. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** True where time has not run out already. */
  readonly isWorthAnother: boolean;

  constructor(message: string, isWorthAnother: boolean) {
    super(message);
    this.isWorthAnother = isWorthAnother;
  }
}

/** The faults that only an act of an operator mends, by SQLSTATE. */
const MISCONFIGURED: Readonly<Record<string, string>> = {
  '28P01': 'the password is not right (state.password, or --password-file)',
  '28000':
    'the server does not let this role in from here (state.user, state.database, pg_hba.conf)',
  '3D000': 'there is no such database (state.database)',
  '3F000': 'the schema is not set up; run holdfast state migrate',
  '42P01': 'a table is missing; run holdfast state migrate',
  '42703': 'a column is missing; run holdfast state migrate',
  '42704': 'a role or a schema is missing (state.user, state.schema)',
  '42501':
    'the role lacks a right that it needs; see that the schema is there (state.schema), and ' +
    'run holdfast state migrate as its owner (--user), which grants the role that serves its rights',
};

/** The codes of Node and OpenSSL that say that the other side's certificate is not believed. */
const DISTRUST =
  /^(ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE)/;

/** The beginnings of SQLSTATEs with which a server ends a connection, or does not open one. */
const ENDED = /^(08|57P)/;

/** Says in one line what a server or the way to it has said; no value of a statement is in it. */
export function toldFailure(error: unknown): string {
  if (error instanceof pg.DatabaseError) return `${error.message} (SQLSTATE ${error.code ?? '?'})`;
  if (error instanceof AggregateError) return error.errors.map(toldFailure).join(', ');
  return messageOf(error);
}

/** Says what a failure to connect is. */
export function connectFailure(error: unknown): {
  readonly code: StateErrorCode;
  readonly told: string;
} {
  if (error instanceof StateError) return { code: error.code, told: error.message };
  if (error instanceof pg.DatabaseError) {
    const advice = MISCONFIGURED[error.code ?? ''];
    if (advice === undefined) return { code: 'unavailable', told: toldFailure(error) };
    return { code: 'misconfigured', told: `${advice}: ${toldFailure(error)}` };
  }
  const told = toldFailure(error);
  if (DISTRUST.test(codeOf(error))) {
    const remedy =
      'state.tls.certificateAuthority has to be who issued it, and state.addresses a name in it';
    return { code: 'misconfigured', told: `its certificate is refused: ${told} (${remedy})` };
  }
  if (told.includes('does not support SSL')) {
    return { code: 'misconfigured', told: 'it does not offer TLS (ssl = on in postgresql.conf)' };
  }
  return { code: 'unavailable', told: `${told} (is PostgreSQL running there? state.addresses)` };
}

/** Makes of what went wrong with a statement, not a COMMIT, the error that callers know. */
export function statementFailure(error: unknown): Error {
  if (error instanceof StateError || error instanceof UnknownOutcome) return error;
  if (!(error instanceof pg.DatabaseError)) {
    const reason = toldFailure(error);
    const told = `the connection to the state store is lost: ${reason}`;
    return new ConnectionLost(told, !reason.includes('timeout'));
  }
  const code = error.code ?? '';
  const told = toldFailure(error);
  const advice = MISCONFIGURED[code];
  if (advice !== undefined) return new StateError('misconfigured', `${advice}: ${told}`);
  if (ENDED.test(code)) {
    return new ConnectionLost(`the state store ends the connection: ${told}`, true);
  }
  return new StateError('unavailable', `the state store refuses: ${told}`);
}

/** Makes a StateError of anything. */
export function asStateError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  if (error instanceof UnknownOutcome) return new StateError('outcome-unknown', error.message);
  return new StateError('unavailable', toldFailure(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

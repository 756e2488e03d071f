/** Exit codes of the `holdfast` program. Scripts may rely on them. */
export const EXIT = {
  ok: 0,
  /** The operation failed, or the server refused it. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** No server answers on the admin socket. */
  noServer: 3,
  /** A comparison has compared nothing, or nothing of something that it was asked about. */
  nothingCompared: 4,
  /** An examination found nothing wrong, but could not look at all that it was to look at. */
  notLookedAt: 4,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the program with a sentence on standard error and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

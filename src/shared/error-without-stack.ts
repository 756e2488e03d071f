/**
 * An error that is an answer and no defect: nobody reads where in the code a client was refused.
 * Taking down the stack would cost more than most of the work for a request that is refused.
 */
export class ErrorWithoutStack extends Error {
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

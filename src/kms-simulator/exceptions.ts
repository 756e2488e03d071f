/** An exception as KMS answers with it. */
export class KmsException extends Error {
  override readonly name: string;
  readonly status: number;

  /**
   * @param name `__type` of the answer
   * @param message as KMS words it
   */
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Another place that gets a copy of the log. The files stay the evidence. */
export interface AuditSink {
  /** Its name in the configuration. */
  readonly name: string;
  /** Number of records of the log that it has not sent yet. */
  readonly behind: number;
  /** Lines have become part of the log. Returns at once: no request waits for a sink. */
  committed(lines: Buffer): void;
  /** A checkpoint has been signed. Returns at once. */
  checkpoint(note: string): void;
  /** Delivers what it still can, within a few seconds. Never rejects. */
  close(): Promise<void>;
}

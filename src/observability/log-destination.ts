import { pino } from 'pino';

/** Where log lines go. */
export interface LogDestination {
  write(line: string): void;
}

/** Keeps lines back for a moment. */
export interface BufferedDestination extends LogDestination {
  /** Writes what is there before it returns. */
  flushSync(): void;
}

const FLUSH_INTERVAL_MS = 100;
const BUFFER_BYTES = 64 * 1024;
const FLUSH_AT_BYTES = 32 * 1024;
/** UTF-8 takes at most so many for one UTF-16 code unit. */
const BYTES_A_CHARACTER = 3;
/** When whoever reads the log is stuck, lines beyond this are lost rather than the process. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/**
 * Gathers lines and writes them together, off the request's way: every 100 ms, when 32 KiB are
 * there, and when the process exits. SonicBoom's own `minLength` does the same but measures its
 * whole buffer again with every line, which costs more than making the line. A line is copied at
 * once, because kept as a string it would occupy the garbage collector until then.
 *
 * @param fileDescriptor 1 is standard output
 */
export function bufferedDestination(fileDescriptor: number): BufferedDestination {
  const file = pino.destination({
    dest: fileDescriptor,
    sync: false,
    maxLength: MAX_BACKLOG_BYTES,
  });
  // Standard error may be a file on the same full disk, and then there is nowhere left to tell.
  process.stderr.on('error', () => undefined);
  // A full disk must not stop the service; the lines stay in the backlog and are tried again.
  file.on('error', (error: Error) => {
    process.stderr.write(`The log cannot be written: ${error.message}\n`);
  });
  let open = true;
  file.once('close', () => {
    open = false;
  });

  const gathered = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let gatheredBytes = 0;
  const takeGathered = (): string => {
    const text = gathered.toString('utf8', 0, gatheredBytes);
    gatheredBytes = 0;
    return text;
  };
  const handOver = (): void => {
    if (gatheredBytes > 0 && open) file.write(takeGathered());
  };
  setInterval(handOver, FLUSH_INTERVAL_MS).unref();
  const flushSync = (): void => {
    if (!open) return;
    file.flushSync();
    // Handed over, it would be written in the background, and the process may end before that.
    const lastWords = takeGathered();
    if (lastWords !== '') pino.destination({ dest: fileDescriptor, sync: true }).write(lastWords);
  };
  process.on('exit', flushSync);
  return {
    write(line) {
      const atMost = BYTES_A_CHARACTER * line.length;
      if (gatheredBytes + atMost > BUFFER_BYTES) handOver();
      if (atMost > BUFFER_BYTES) {
        if (open) file.write(line);
        return;
      }
      gatheredBytes += gathered.write(line, gatheredBytes);
      if (gatheredBytes >= FLUSH_AT_BYTES) handOver();
    },
    flushSync,
  };
}

/** Node's own codes begin with `ERR_`, and most of those errors are faults of the program. */
const ERRNO = /^E(?!RR_)[A-Z0-9_]+$/;

/** The code of an error that the operating system gave, such as `ENOENT`. @see errno(3) */
export function errnoOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && ERRNO.test(code) ? code : undefined;
}

/** The code of an error, whoever gave it. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Tells whether the operating system gave an error with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return errnoOf(error) === code;
}

/** Waits for something of a file or folder; undefined where that is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

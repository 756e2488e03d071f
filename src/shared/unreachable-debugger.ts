/**
 * Options of Node for a process that holds secrets. Until the first module has run, SIGUSR1 makes
 * Node open its debugger; here that fails, because the address is one for documentation, which no
 * machine has (RFC 5737). `--disable-sigusr1` says so more plainly, and Node 20 does not know it.
 */
export const UNREACHABLE_DEBUGGER: readonly string[] = ['--inspect-port=192.0.2.1:1024'];

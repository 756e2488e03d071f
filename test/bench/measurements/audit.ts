import type { Options } from '../options.js';
import type { Session } from '../session.js';
import { measureCpu, type CpuResult } from './cpu.js';
import { measureLatency, type LatencyResult } from './latency.js';
import { measureVerification, type VerificationResult } from './verification.js';

/** What an audit log costs, and how fast it is verified; absent is what could not be measured. */
export interface AuditResult {
  cpu?: readonly CpuResult[];
  /** Without an audit log, and with `synced`. */
  latency?: readonly LatencyResult[];
  /** Of the log that `synced` has written meanwhile. */
  verification?: readonly VerificationResult[];
}

/**
 * Measures servers that differ in their audit log alone.
 *
 * @param sessions the one without first, the one with `synced` last
 * @param result is filled part by part
 */
export async function measureAudit(
  sessions: readonly Session[],
  options: Options,
  result: AuditResult,
): Promise<void> {
  const [without, synced] = [sessions.at(0), sessions.at(-1)];
  const directory = synced?.server.auditDirectory;
  if (without === undefined || synced === undefined || directory === undefined) {
    throw new Error('no server with an audit log');
  }
  result.cpu = await measureCpu(sessions, options);
  result.verification = await measureVerification(directory, options);
  result.latency = await measureLatency([without, synced], options);
}

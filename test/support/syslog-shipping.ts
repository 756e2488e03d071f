import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { type SyslogSinkConfig, sinksSchema } from '../../src/audit/sinks/config.js';
import { issueCertificate, makeCertificateAuthority } from './certificates.js';
import { findRsyslog, Rsyslog, type RsyslogOptions } from './rsyslog.js';
import { type LogLimits, ShippedLog } from './shipped-log.js';
import { temporaryFolder } from './temporary-folder.js';

/** How long a test waits for a collector, and how often it looks. */
export const PATIENCE = { timeout: 60_000, interval: 50 };

/** Absent where it cannot be installed. */
export const rsyslogProgram = await findRsyslog();

/** The authority that sinks trust. */
export const authority = await makeCertificateAuthority();
const certificate = await issueCertificate(authority, {
  commonName: 'collector',
  dnsNames: ['localhost'],
});

/** A collector of the test's own, which is not started yet. */
export async function makeCollector(options: Partial<RsyslogOptions> = {}): Promise<Rsyslog> {
  const rsyslog = await Rsyslog.prepare({
    program: rsyslogProgram ?? '',
    folder: temporaryFolder(),
    ca: authority.certificate,
    certificate,
    ...options,
  });
  onTestFinished(() => rsyslog.stop('SIGKILL'));
  return rsyslog;
}

/** What a configuration says of a sink to it. */
export function configOf({ port }: Rsyslog): SyslogSinkConfig {
  const ca = join(temporaryFolder(), 'ca.pem');
  writeFileSync(ca, authority.certificate);
  const [config] = sinksSchema.parse([
    { name: 'siem', type: 'syslog', host: 'localhost', port, tls: { ca }, hostname: 'h' },
  ]);
  if (config?.type !== 'syslog') throw new Error('a syslog sink is one');
  return config;
}

/** A log with one sink, which is closed when the test ends. */
export async function openShippedLog(
  directory: string,
  config: SyslogSinkConfig,
  limits?: LogLimits,
): Promise<ShippedLog> {
  const log = await ShippedLog.open(directory, [config], limits);
  onTestFinished(() => log.closeSinks());
  return log;
}

/**
 * Every line is there. Looks at the contents seldom: the sink runs in this process, and has to get
 * its turn.
 */
export async function expectAllThere(rsyslog: Rsyslog, log: ShippedLog): Promise<void> {
  const lines = await log.lines();
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  await vi.waitFor(() => {
    expect(rsyslog.recordBytes).toBeGreaterThanOrEqual(bytes);
  }, PATIENCE);
  await vi.waitFor(
    () => {
      const collected = new Set(rsyslog.records);
      expect(lines.findIndex((line) => !collected.has(line))).toBe(-1);
    },
    { timeout: 60_000, interval: 1_000 },
  );
}

/** Nothing is missing, nothing is foreign, and what was sent again is the same. */
export async function expectCollected(rsyslog: Rsyslog, log: ShippedLog): Promise<void> {
  await expectAllThere(rsyslog, log);
  // Whole texts: a list of all that differs would be longer than anybody reads.
  const collected = [...new Set(rsyslog.records)].join('\n');
  expect(collected === (await log.lines()).join('\n')).toBe(true);
}

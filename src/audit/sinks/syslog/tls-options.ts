import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { SyslogSinkConfig } from '../config.js';

/**
 * How to connect to a collector, with the files as they are now.
 *
 * @throws the file system's error
 */
export async function syslogTlsOptions({
  host,
  port,
  tls,
}: Pick<SyslogSinkConfig, 'host' | 'port' | 'tls'>): Promise<ConnectionOptions> {
  const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...(tls.ca === undefined ? {} : { ca: await readFile(tls.ca) }),
    ...(tls.certificate === undefined ? {} : { cert: await readFile(tls.certificate) }),
    ...(tls.privateKey === undefined ? {} : { key: await readFile(tls.privateKey) }),
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { issueCertificate, makeCertificateAuthority } from '../../support/certificates.js';
import {
  authority,
  configOf,
  expectCollected,
  makeCollector,
  openShippedLog,
  PATIENCE,
  rsyslogProgram,
} from '../../support/syslog-shipping.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe.skipIf(rsyslogProgram === undefined)('a syslog sink and the TLS of rsyslog', () => {
  it('a certificate of another authority → nothing is sent, and the reason is told', async () => {
    const other = await makeCertificateAuthority('Another root');
    const rsyslog = await makeCollector({
      certificate: await issueCertificate(other, { commonName: 'x', dnsNames: ['localhost'] }),
    });
    await rsyslog.start();
    const log = await openShippedLog(temporaryFolder(), configOf(rsyslog));
    await log.add(10);
    await vi.waitFor(() => {
      expect(log.logged.join('')).toMatch(/UNABLE_TO_|unable to (get|verify)/i);
    }, PATIENCE);
    await log.close();
    expect(rsyslog.headers).toEqual([]);
    expect(log.sinks[0]?.behind).toBe(11);
    expect(log.logged).toHaveLength(1);
  });

  it('a certificate for another name → refused, unless serverName says so', async () => {
    const rsyslog = await makeCollector({
      certificate: await issueCertificate(authority, {
        commonName: 'x',
        dnsNames: ['siem.example'],
      }),
    });
    await rsyslog.start();
    const config = configOf(rsyslog);
    const refused = await openShippedLog(temporaryFolder(), config);
    await refused.add(10);
    await vi.waitFor(() => {
      expect(refused.logged.join('')).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    }, PATIENCE);
    await refused.close();
    expect(rsyslog.headers).toEqual([]);
    const tls = { ...config.tls, serverName: 'siem.example' };
    const accepted = await openShippedLog(temporaryFolder(), { ...config, tls });
    await accepted.add(10);
    await expectCollected(rsyslog, accepted);
  });

  it('the collector asks for a certificate → only a client that has one gets through', async () => {
    const rsyslog = await makeCollector({ clientCertificates: true });
    await rsyslog.start();
    const config = configOf(rsyslog);
    const refused = await openShippedLog(temporaryFolder(), config);
    await refused.add(10);
    await vi.waitFor(() => {
      expect(refused.logged.join('')).toContain('the audit sink is not connected');
    }, PATIENCE);
    await refused.close();
    expect(rsyslog.headers).toEqual([]);
    const own = await issueCertificate(authority, { commonName: 'holdfast', clientAuth: true });
    const folder = temporaryFolder();
    const tls = {
      ...config.tls,
      certificate: join(folder, 'own.pem'),
      privateKey: join(folder, 'own.key'),
    };
    writeFileSync(tls.certificate, own.certificate);
    writeFileSync(tls.privateKey, own.privateKey);
    const accepted = await openShippedLog(temporaryFolder(), { ...config, tls });
    await accepted.add(10);
    await expectCollected(rsyslog, accepted);
  });
});

import { describe, expect, it } from 'vitest';
import { sinksSchema } from '../../../../src/audit/sinks/config.js';

const syslog = { name: 'siem', type: 'syslog', host: 'siem.example' };

describe('sinks in the configuration', () => {
  it('with what they must have → the defaults for the rest', () => {
    expect(sinksSchema.parse([{ name: 'out', type: 'stdout' }, syslog])).toEqual([
      { name: 'out', type: 'stdout', carries: ['records', 'checkpoints'] },
      {
        ...syslog,
        carries: ['records', 'checkpoints'],
        port: 6514,
        tls: {},
        facility: 'audit',
        appName: 'holdfast',
        bufferBytes: 1024 ** 3,
      },
    ]);
  });

  it('none → an empty list', () => {
    expect(sinksSchema.parse(undefined)).toEqual([]);
  });

  it.each([
    ['two of one name', [syslog, { name: 'siem', type: 'stdout' }], ''],
    ['a name that leads out of the folder', [{ ...syslog, name: '../x' }], '0.name'],
    ['an unknown type', [{ name: 'x', type: 'kafka' }], '0.type'],
    ['nothing to carry', [{ ...syslog, carries: [] }], '0.carries'],
    ['a certificate without its key', [{ ...syslog, tls: { certificate: 'c.pem' } }], '0.tls'],
    ['TLS that is not verified', [{ ...syslog, tls: { verify: false } }], '0.tls'],
    ['a name of the application with a space', [{ ...syslog, appName: 'a b' }], '0.appName'],
    ['a facility that is none', [{ ...syslog, facility: 'kern' }], '0.facility'],
    ['a port that is none', [{ ...syslog, port: 65_536 }], '0.port'],
  ])('%s → refused there', (_, sinks, path) => {
    const issues = sinksSchema.safeParse(sinks).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});

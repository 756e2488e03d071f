import { describe, expect, it } from 'vitest';
import type { NodeReport } from '../../../src/key-managers/key-manager.js';
import type { StartReport } from '../../../src/composition/start-report.js';
import { quickstartFiles } from '../../../src/configuration/quickstart-files.js';
import { renderStartScreen, renderStopping } from '../../../src/presentation/start-screen.js';
import { load, validConfiguration, withListener } from '../../support/configuration-fixture.js';

const node: NodeReport = {
  name: 'one',
  location: 'cellar',
  vendor: 'Holdfast',
  model: 'File key manager 1',
  status: 'ACTIVE',
};

function screenWith(fields: Partial<StartReport>): string {
  return renderStartScreen({
    version: '1.2.3',
    configurationFile: '/etc/holdfast.yaml',
    configurationHash: 'abc',
    quickstart: undefined,
    listeners: [],
    operations: { address: '127.0.0.1', port: 9464, family: 'IPv4' },
    adminSocket: '/var/lib/holdfast/admin.sock',
    keyStores: [],
    audit: undefined,
    keyManagers: [],
    ...fields,
  });
}

const healthShown = (report: Partial<NodeReport>) =>
  screenWith({
    keyManagers: [{ name: 'files', type: 'file', nodes: [{ ...node, ...report }] }],
  });

describe('the start screen', () => {
  it('begins with how to stop it and the configuration in force', () => {
    const [first, ...others] = screenWith({}).split('\n');
    expect(first).toBe('Holdfast 1.2.3 serves. Ctrl-C stops it.');
    expect(others.slice(1, 4)).toEqual([
      'Configuration in force',
      '  file     /etc/holdfast.yaml',
      '  SHA-256  abc',
    ]);
    expect(others.join('\n')).not.toContain('quickstart');
  });

  it('of a quickstart → its files and a command that needs no environment', () => {
    const screen = screenWith({ quickstart: quickstartFiles("/srv/alice's var") });
    expect(screen).toContain("/srv/alice's var/quickstart/ca.pem");
    expect(screen).toContain("/srv/alice's var/quickstart/xks-proxy-configuration.json");
    expect(screen).toMatch(
      /^ {2}node \/.*cli\/main\.js keys list --socket \/var\/lib\/holdfast\/admin\.sock$/m,
    );
  });

  it('shows the key of the audit log, or that there is none', () => {
    const audit = { directory: '/var/lib/holdfast/audit', publicKey: 'log+1234abcd+AbC=' };
    expect(screenWith({ audit })).toContain('\n  /var/lib/holdfast/audit\n  log+1234abcd+AbC=\n');
    expect(screenWith({})).toContain('Audit log\n  none: nothing is recorded\n');
  });

  it('a healthy node → its status alone', () => {
    expect(healthShown({})).toMatch(/ node one, location cellar: ACTIVE$/m);
  });

  it.each(['DEGRADED', 'UNAVAILABLE'] as const)(
    'a node that is %s → why, on its line',
    (status) => {
      expect(healthShown({ status, detail: 'no\u001b[2J\nanswer' })).toMatch(
        new RegExp(`: ${status} \\(no\\\\u001b\\[2J\\\\u000aanswer\\)$`, 'm'),
      );
    },
  );
});

describe('the word at the stop', () => {
  const said = (written: object) => renderStopping(load(written).loaded.configuration);

  it('with a delay → how long it is, and how to end it', () => {
    expect(said({ ...validConfiguration(), drainDelayMs: 1_500 })).toBe(
      'Stopping: requests are still taken for 1.5 s (drainDelayMs), and then what is in flight ' +
        'may finish, for up to 5 s. A second Ctrl-C ends it at once.\n',
    );
  });

  it('without a delay → how long requests may take', () => {
    const written = withListener({ limits: { requestTimeoutMs: 7_000 } });
    expect(said({ ...written, drainDelayMs: 0 })).toBe(
      'Stopping: what is in flight may finish, for up to 7 s. A second Ctrl-C ends it at once.\n',
    );
  });
});

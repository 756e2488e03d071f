import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/**
 * The state that the page takes for granted: a server of the documented installation, with two
 * keys.
 */
const INSTALLATION = `
umask 077
mkdir -p /etc/holdfast/secrets /var/lib/holdfast
openssl rand -base64 32 > /etc/holdfast/secrets/master.key
holdfast credentials generate --json > made.json
cat > /etc/holdfast/holdfast.yaml <<END
stateDirectory: /var/lib/holdfast
listeners: [{ host: 127.0.0.1, port: 8443, plainHttp: true }]
operations: { host: 127.0.0.1, port: 9464 }
drainDelayMs: 0
audit: { signingKey: { masterKey: { key: "\\\${file:/etc/holdfast/secrets/master.key}" } } }
keyManagers:
  - { name: files, type: file, directory: keys,
      masterKey: { key: "\\\${file:/etc/holdfast/secrets/master.key}" } }
keyStores:
  - name: payroll
    pathPrefix: /payroll
    keyManager: files
    exposes: all
    credentials:
      - accessKeyId: "$(jq -r .accessKeyId made.json)"
        secretAccessKey: "$(jq -r .secretAccessKey made.json)"
END
store=cks-1234567890abcdef0 kms_key=1234abcd-12ab-34cd-56ef-1234567890ab
systemctl start holdfast --init
until curl --silent --fail --output /dev/null http://127.0.0.1:9464/readyz; do sleep 1; done
export HOLDFAST_CONFIG=/etc/holdfast/holdfast.yaml
holdfast keys create payroll --key-store payroll
holdfast keys create hr --key-store payroll
echo "The page begins."
`;

/** In the place of what a test has not: systemd, other users, and AWS. */
const PROGRAMS = {
  systemctl: `
stop() { [ ! -e server.pid ] || { kill "$(cat server.pid)"; tail --pid="$(cat server.pid)" -f /dev/null; rm server.pid; }; }
start() { holdfast serve --config /etc/holdfast/holdfast.yaml "$@" >> server.log 2>&1 & echo $! > server.pid; }
case $1 in
  stop) stop ;;
  start) shift 2; start "$@" ;;
  restart) stop; start ;;
esac`,
  sudo: 'shift 3\nexec "$@"',
  aws: 'echo "aws $*"',
  bao: 'echo "bao $*"',
};

describe('docs/emergencies.md', () => {
  it.each([
    [
      'a key revoked, and let in again',
      ['Revoke a key now'],
      /The page begins[^]*payroll is Disabled[^]*State: +Disabled[^]*payroll is Enabled/m,
    ],
    ['a credential shown', ['A credential is lost'], /The page begins\.\n[\w/+=-]{43,64}\n$/],
    [
      'a new audit log beside the old one',
      ['The disk of the audit log is lost'],
      /The page begins\.\n.+\+[0-9a-f]{8}\+\S+\n$/,
    ],
    ['a log that is written', ['A disk is full'], /holdfast_audit_interrupted 0\n$/],
  ])('its commands → %s', async (_title, sections, expected) => {
    const folder = temporaryFolder();
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    const replaced = {
      '/etc/holdfast': join(folder, 'etc'),
      '/var/lib/holdfast': join(folder, 'state'),
      '/var/log': folder,
      '/tmp/first-start.log': join(folder, 'first-start.log'),
      ' -o holdfast -g holdfast': '',
    };
    for (const [name, text] of Object.entries(PROGRAMS)) {
      const file = join(programs, name);
      writeFileSync(
        file,
        `#!/bin/bash\n${text.replaceAll('/etc/holdfast', replaced['/etc/holdfast'])}\n`,
      );
      chmodSync(file, 0o755);
    }
    const commands = [
      INSTALLATION,
      shellCommands('docs/emergencies.md', ['Emergencies', ...sections]),
    ].join('\n');
    const { code, output } = await runAsReader(commands, {
      folder,
      ports: [8443, 9464],
      path: [programs],
      replaced,
    });
    expect(code, output).toBe(0);
    expect(output).toMatch(expected);
  });
});

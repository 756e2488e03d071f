import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { serve } from './serve.mjs';

/**
 * A folder of a trial's own, mode 0700, which is kept for the next time.
 *
 * @param {string} name
 * @returns {string} its absolute path
 */
export function trialFolder(name) {
  const folder = join(root, '.cache', 'try', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * Writes a file for the owner alone, unless it is there.
 *
 * @param {string} path
 * @param {() => string} contents
 */
export function keep(path, contents) {
  if (!existsSync(path)) writeFileSync(path, contents(), { mode: 0o600 });
}

/**
 * Serves a trial's configuration in this process, as `npm start` serves the quickstart's, after
 * telling what to call.
 *
 * @param {string} folder of the trial
 * @param {string} keyManager its YAML, an entry of `keyManagers` named `trial`
 * @returns {Promise<void>} when it has been stopped
 */
export async function serveTrial(folder, keyManager) {
  const configuration = join(folder, 'holdfast.yaml');
  writeFileSync(configuration, trialConfiguration(keyManager), { mode: 0o600 });
  process.env['HOLDFAST_CONFIG'] = configuration;
  process.stderr.write(instructions(folder, configuration));
  await serve();
}

/**
 * The configuration of a trial: a quickstart on another key manager, with its state in `state/`.
 *
 * @param {string} keyManager its YAML, an entry of `keyManagers` named `trial`
 * @returns {string} YAML
 */
export function trialConfiguration(keyManager) {
  return `# Written anew by every trial.
stateDirectory: state
quickstart: true
listeners:
  - name: xks
    host: 127.0.0.1
    port: 8443
    tls:
      certificateChain: quickstart/server.pem
      privateKey: quickstart/server.key
      publicNames: [localhost]
operations: { host: 127.0.0.1, port: 0 }
drainDelayMs: 0
keyManagers:
${keyManager}
keyStores:
  - name: quickstart
    pathPrefix: /quickstart
    keyManager: trial
    exposes: all
    credentials:
      - accessKeyId: \${file:quickstart/access-key-id}
        secretAccessKey: \${file:quickstart/secret-access-key}
`;
}

/**
 * @param {string} folder
 * @param {string} configuration
 */
function instructions(folder, configuration) {
  const quickstart = join(folder, 'state', 'quickstart');
  return `
Holdfast will serve https://localhost:8443/quickstart/kms/xks/v1 with the key quickstart-key.
Trust        ${join(quickstart, 'ca.pem')}
Credential   ${join(quickstart, 'xks-proxy-configuration.json')}
Another key  HOLDFAST_CONFIG=${configuration} npx holdfast keys create payroll --key-store quickstart
The README shows how to call it with curl. Stop it with Ctrl-C; everything is kept in ${folder}.

`;
}

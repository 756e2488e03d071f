import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { serve } from './serve.mjs';

/** Where trials are kept; HOLDFAST_TRY_DIR is another folder, for one of each that begins anew. */
const trials = process.env['HOLDFAST_TRY_DIR'] ?? join(root, '.cache', 'try');

/**
 * A folder of a trial's own, mode 0700, which is kept for the next time.
 *
 * @param {string} name
 * @returns {string} its absolute path
 */
export function trialFolder(name) {
  const folder = join(trials, name);
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
 * Gets something ready, or ends with exit code 1 and a sentence: a stack of calls helps nobody who
 * tries something out.
 *
 * @template T
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function orSayWhy(work) {
  try {
    return await work();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/**
 * @param {string} text
 * @returns {string} the same as one word of a shell's command line
 */
export function shellWord(text) {
  return /^[\w/.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Serves a trial's configuration in this process, as `npm start` serves the quickstart's, after
 * telling what to call.
 *
 * @param {string} folder of the trial
 * @param {string} keyManager its YAML, an entry of `keyManagers` named `trial`
 * @param {string} [more] to tell, about this key manager
 * @returns {Promise<void>} when it has been stopped
 */
export async function serveTrial(folder, keyManager, more = '') {
  const configuration = join(folder, 'holdfast.yaml');
  writeFileSync(configuration, trialConfiguration(keyManager), { mode: 0o600 });
  process.env['HOLDFAST_CONFIG'] = configuration;
  process.stderr.write(instructions(folder, configuration) + more);
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
audit:
  signingKey:
    masterKey:
      key: \${file:quickstart/master.key}
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
  return `
A trial. Everything is kept in ${folder}; remove that folder to begin anew.
In another terminal, in this folder:

  export HOLDFAST_CONFIG=${shellWord(configuration)}
  npx holdfast keys create payroll --key-store quickstart
  npx holdfast doctor backend trial

For the call with curl that the README shows, with the key quickstart-key or any other:

  made=${shellWord(join(folder, 'state', 'quickstart'))}

`;
}

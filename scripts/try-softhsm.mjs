// `npm run try:softhsm`: Holdfast on a SoftHSM token of its own, on loopback.
import './lib/ignored-signals.mjs';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { installSoftHsm } from './lib/install-softhsm.mjs';
import { keep, orSayWhy, serveTrial, trialFolder } from './lib/trial.mjs';

await ensureInstalled();
await ensureBuilt();

const folder = trialFolder('softhsm');
const configuration = join(folder, 'softhsm2.conf');
const pinFile = join(folder, 'pin');
const module = await orSayWhy(async () => {
  const library = await installSoftHsm();
  await makeToken(library);
  return library;
});

await serveTrial(
  folder,
  `  - name: trial
    type: pkcs11
    module: ${JSON.stringify(module)}
    environment:
      SOFTHSM2_CONF: ${JSON.stringify(configuration)}
    profile: softhsm
    nodes:
      - name: softhsm
        token: { label: holdfast }
        pin: ${JSON.stringify(`\${file:${pinFile}}`)}
    countersDirectory: counters`,
);

/** @param {string} library path */
async function makeToken(library) {
  // Not before the dependencies are installed; and it is an optional one.
  const { makeSoftHsmToken, newPin } = await import('./compose/softhsm-token.mjs').catch(
    (/** @type {unknown} */ cause) => {
      throw new Error(
        'The npm package pkcs11js is missing. It is compiled when it is installed: with python3, ' +
          'make and a C++ compiler at hand, run `npm ci`.',
        { cause },
      );
    },
  );
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  keep(configuration, () => `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`);
  keep(pinFile, newPin);
  process.env['SOFTHSM2_CONF'] = configuration;
  makeSoftHsmToken({ module: library, label: 'holdfast', pin: readFileSync(pinFile, 'utf8') });
}

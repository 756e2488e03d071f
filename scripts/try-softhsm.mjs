// `npm run try:softhsm`: Holdfast on a SoftHSM token of its own, on loopback.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { installSoftHsm } from './lib/install-softhsm.mjs';
import { keep, serveTrial, trialFolder } from './lib/trial.mjs';

await ensureInstalled();
await ensureBuilt();
const { module, util } = await installSoftHsm();

const folder = trialFolder('softhsm');
const tokens = join(folder, 'tokens');
const configuration = join(folder, 'softhsm2.conf');
const pinFile = join(folder, 'pin');
const newPin = () => String(randomInt(10 ** 8, 10 ** 9));
keep(pinFile, newPin);
keep(configuration, () => `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`);
if (!existsSync(tokens)) {
  mkdirSync(tokens, { mode: 0o700 });
  const pins = ['--pin', readFileSync(pinFile, 'utf8'), '--so-pin', newPin()];
  execFileSync(util, ['--init-token', '--free', '--label', 'holdfast', ...pins], {
    env: { ...process.env, SOFTHSM2_CONF: configuration },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

await serveTrial(
  folder,
  `  - name: trial
    type: pkcs11
    module: ${module}
    environment: [{ name: SOFTHSM2_CONF, value: ${configuration} }]
    profile: softhsm
    nodes: [{ name: softhsm, token: { label: holdfast }, pin: "\${file:${pinFile}}" }]
    countersDirectory: counters`,
);

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { holdfast } from '../../support/holdfast-command.js';
import { tokenWith } from '../../support/imported-token.js';
import { KeptData, plaintextsOf } from '../../support/kms-simulator/kept-data.js';
import { type SmallCipher, startSmallProxy } from '../../support/kms-simulator/small-proxy.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { testPin } from '../../support/pkcs11.js';
import { sampleKeyStore, sampleSettings, sampleToml } from '../../support/sample-settings.js';
import { startOn } from '../../support/server-with-key-managers.js';
import { type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MATERIAL = Buffer.from('fedcba9876543210fedcba9876543210');

/** The cipher of AWS's sample proxy, as `build_full_aad` and `aad_and_digest` of it have it. */
const sampleCipher: SmallCipher = {
  key: MATERIAL,
  metadata: Buffer.from('v0.0.1'),
  bind: (aad, metadata) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(aad?.length ?? 0);
    const digest = aad === undefined ? Buffer.of() : createHash('sha256').update(aad).digest();
    return Buffer.concat([length, digest, Buffer.of(metadata.length), metadata]);
  },
};

interface Imported {
  readonly listeners: readonly object[];
  readonly keyManagers: readonly object[];
  readonly keyStores: readonly object[];
}

describeWithModule("with the sample's token", softHsmModule, () => {
  it.each([
    { what: 'its settings as imported', write: {} },
    {
      what: 'the way back kept open',
      write: { write: 'aws-sample', staticCiphertextMetadata: 'djAuMC4x' },
    },
  ])("from AWS's sample proxy, with $what → data opens, and new data", async ({ write }) => {
    const token = await tokenWith({ foo: MATERIAL });
    const sample = await startSmallProxy({ cipher: sampleCipher });
    const data = new KeptData();
    await data.leadTo(sample);
    const { uri_path_prefix: uriPath, ...fields } = sampleKeyStore();
    const credential = {
      accessKeyId: fields.sigv4_access_key_id,
      secretAccessKey: fields.sigv4_secret_access_key,
    };
    const { host } = sample;
    const id = await data.register({ name: 'sample', host, uriPath, credential });
    await data.nameKey(await data.createKey(id, 'foo'));
    const kept = await data.keep('old');
    await sample.close();

    const file = await importedConfiguration(token, sample, write);
    await data.leadTo({ host, ca: sample.ca, ...(await startOn(file)) });

    expect(await data.open(kept, 'alias')).toEqual(plaintextsOf(kept));
    const more = await data.keep('new');
    expect(await data.open(more, 'alias')).toEqual(plaintextsOf(more));
  });
});

/** Imports the sample's settings, and adds what its environment said. @returns the file */
async function importedConfiguration(
  { config }: SoftHsmToken,
  { certificate, privateKey }: { readonly certificate: string; readonly privateKey: string },
  keyStoreFields: object,
): Promise<string> {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at('chain.pem'), certificate);
  writeFileSync(at('key.pem'), privateKey, { mode: 0o600 });
  const { security, pkcs11 } = sampleSettings();
  writeFileSync(
    at('settings.toml'),
    sampleToml({
      security: { ...security, is_tls_enabled: true },
      tls: { tls_cert_pem: at('chain.pem'), tls_key_pem: at('key.pem') },
      pkcs11: { ...pkcs11, user_pin: testPin.reveal(), PKCS11_HSM_MODULE: config.module },
    }),
  );
  const args = ['--token-label', 'holdfast', '--prior-encryptions', '1000'];
  const written = ['--secrets', at('secrets'), '--output', at('imported.yaml')];
  const state = ['--state-directory', at('state')];
  const settings = at('settings.toml');
  const imported = await holdfast(
    {},
    'import',
    'aws-sample',
    settings,
    ...args,
    ...written,
    ...state,
  );
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  const configuration = parse(readFileSync(at('imported.yaml'), 'utf8')) as Imported;
  const environment = Object.fromEntries(config.environment.map((one) => [one.name, one.value]));
  const listeners = configuration.listeners.map((listener) => ({ ...listener, port: 0 }));
  const keyManagers = configuration.keyManagers.map((one) => ({ ...one, environment }));
  const keyStores = configuration.keyStores.map((one) => ({ ...one, ...keyStoreFields }));
  const operations = { host: '127.0.0.1', port: 0 };
  const whole = { ...configuration, listeners, keyManagers, keyStores, operations };
  const file = at('holdfast.yaml');
  writeFileSync(file, stringify(whole, { aliasDuplicateObjects: false }), { mode: 0o600 });
  return file;
}

import { basename, resolve } from 'node:path';
import type { ImportChoices, SampleSettings } from './settings.js';

/** The name of the only key manager that the sample has. */
export const KEY_MANAGER = 'hsm';

/**
 * The vendor profile that makes IVs as the sample does.
 *
 * @returns undefined where the settings do not tell and nobody has chosen
 */
export function profileOf(
  settings: SampleSettings,
  { profile }: Pick<ImportChoices, 'profile'>,
): string | undefined {
  if (profile !== undefined) return profile;
  const { can_generate_iv: ownIvs, is_zero_iv_required: zerosIn } = settings.hsm_capabilities;
  const library = libraryOf(settings);
  if (!ownIvs) return /softhsm/i.test(library) ? 'softhsm' : 'generic';
  if (!zerosIn) return 'luna';
  return /cloudhsm/i.test(library) ? 'cloudhsm' : undefined;
}

/** Tells whether the module is pkcs11-logger, which passes every call on to the real module. */
export function isLogged({ pkcs11, pkcs11_logger: logger }: SampleSettings): boolean {
  const isLogger = /pkcs11-logger/i.test(basename(pkcs11.PKCS11_HSM_MODULE));
  return isLogger && (logger?.PKCS11_LOGGER_LIBRARY_PATH ?? '') !== '';
}

/** The library of the HSM, as it is written. */
function libraryOf(settings: SampleSettings): string {
  const { pkcs11, pkcs11_logger: logger } = settings;
  const behindLogger = isLogged(settings) ? logger?.PKCS11_LOGGER_LIBRARY_PATH : undefined;
  return behindLogger ?? pkcs11.PKCS11_HSM_MODULE;
}

/** @param pin what stands in the place of the PIN */
export function keyManagerOf(settings: SampleSettings, choices: ImportChoices, pin: string) {
  return {
    name: KEY_MANAGER,
    type: 'pkcs11',
    module: resolve(choices.baseDirectory ?? '', libraryOf(settings)),
    nodes: [{ name: KEY_MANAGER, token: { label: choices.tokenLabel }, pin }],
    profile: profileOf(settings, choices),
    // The sample finds keys by their label alone.
    keyLabel: '{externalKeyId}',
    countersDirectory: 'counters',
    priorEncryptions: choices.priorEncryptions,
  };
}

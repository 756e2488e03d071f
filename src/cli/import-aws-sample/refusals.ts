import { isAbsolute } from 'node:path';
import type { ConfigurationProblem, FieldPath } from '../../configuration/reading/problem.js';
import { profileOf } from './key-manager.js';
import type { ImportChoices, SampleSettings } from './settings.js';

const SERVICE = 'kms-xks-proxy';

/** Finds the settings that cannot be carried over, each with the reason. */
export function findRefusals(
  settings: SampleSettings,
  choices: ImportChoices,
): ConfigurationProblem[] {
  return [
    ...securityRefusals(settings),
    ...tlsRefusals(settings),
    ...relativePaths(settings, choices),
    ...vendorRefusals(settings, choices),
  ];
}

function securityRefusals({ server, security }: SampleSettings): ConfigurationProblem[] {
  const { service } = server;
  const { is_sigv4_auth_enabled: isSigned, secondary_auth: secondaryAuth } = security;
  return [
    refuseIf(service !== SERVICE, ['server', 'service'], {
      found: `another service than the one KMS signs for, ${service}`,
      allowed: SERVICE,
    }),
    refuseIf(!isSigned, ['security', 'is_sigv4_auth_enabled'], {
      found: 'false, with which everybody may use the keys',
      allowed: 'true: Holdfast takes signed requests alone',
    }),
    refuseIf(secondaryAuth !== undefined, ['security', 'secondary_auth'], {
      found: `authorization by ${secondaryAuth ?? ''}, which Holdfast cannot evaluate`,
      allowed:
        'nothing. Without it Holdfast would allow what is denied now. To go on without it, ' +
        'put its rules into the policies of the KMS keys and take the field out',
    }),
  ].flat();
}

function tlsRefusals({ security, tls }: SampleSettings): ConfigurationProblem[] {
  const { is_tls_enabled: isTls, is_mtls_enabled: isMtls } = security;
  const isNamed = [tls?.mtls_client_ca_pem, tls?.mtls_client_dns_name].every(Boolean);
  return [
    refuseIf(isTls && tls === undefined, ['tls'], {
      found: 'nothing, while security.is_tls_enabled is true',
      allowed: 'tls_cert_pem and tls_key_pem',
    }),
    refuseIf(isMtls && !isTls, ['security', 'is_mtls_enabled'], {
      found: 'true, without TLS, where no client certificate is ever asked for',
      allowed: 'false, or is_tls_enabled = true',
    }),
    refuseIf(isMtls && isTls && !isNamed, ['tls'], {
      found: 'no CA or no name of the client, while security.is_mtls_enabled is true',
      allowed: 'mtls_client_ca_pem and mtls_client_dns_name',
    }),
  ].flat();
}

/** The sample reads them from the folder that it happens to be started in. */
function relativePaths(
  { tls, pkcs11, security }: SampleSettings,
  { baseDirectory }: ImportChoices,
): ConfigurationProblem[] {
  if (baseDirectory !== undefined) return [];
  const used: [FieldPath, string | undefined][] = [
    [['pkcs11', 'PKCS11_HSM_MODULE'], pkcs11.PKCS11_HSM_MODULE],
  ];
  if (security.is_tls_enabled) {
    used.push([['tls', 'tls_cert_pem'], tls?.tls_cert_pem]);
    used.push([['tls', 'tls_key_pem'], tls?.tls_key_pem]);
  }
  if (security.is_mtls_enabled) used.push([['tls', 'mtls_client_ca_pem'], tls?.mtls_client_ca_pem]);
  return used.flatMap(([path, file]) =>
    refuseIf(file !== undefined && !isAbsolute(file), path, {
      found: `the relative path ${file ?? ''}`,
      allowed:
        'an absolute path, or --base-directory with the folder that the sample is started in',
    }),
  );
}

function vendorRefusals(settings: SampleSettings, choices: ImportChoices): ConfigurationProblem[] {
  const isKnown = profileOf(settings, choices) !== undefined;
  return refuseIf(!isKnown, ['hsm_capabilities', 'is_zero_iv_required'], {
    found: 'true, for a module that is not known to make its own IVs',
    allowed:
      '--profile with the vendor of the HSM. An HSM that took the zeros for an IV would leak',
  });
}

function refuseIf(
  condition: boolean,
  path: FieldPath,
  reason: Pick<ConfigurationProblem, 'found' | 'allowed'>,
): ConfigurationProblem[] {
  return condition ? [{ path, ...reason }] : [];
}

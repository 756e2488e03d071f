import { randomBytes } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { authoritiesWith } from '../../../src/doctor/authorities/authorities.js';
import { examine } from '../../../src/doctor/examine.js';
import type { Finding } from '../../../src/doctor/finding.js';
import { makeSubject, type SubjectDescription } from '../../../src/doctor/subject.js';
import {
  type CertificateAuthority,
  type CertificateRequest,
  issueCertificate,
} from '../../support/certificates.js';
import type { Behaviour } from '../../support/model-proxy/behaviour.js';
import {
  CORRECT,
  MODEL_CREDENTIAL,
  MODEL_HOST,
  MODEL_URI_PATH,
} from '../../support/model-proxy/correct.js';
import { serveModel } from '../../support/model-proxy/serve-model.js';

/** Makes what a server shows. @param request what its certificate says otherwise than it should */
export async function identityOf(
  authority: CertificateAuthority,
  request: Partial<CertificateRequest> = {},
): Promise<ServerOptions> {
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: MODEL_HOST,
    dnsNames: [MODEL_HOST],
    ...request,
  });
  return { cert: certificate, key: privateKey };
}

/** Describes the model at a port. */
export function described(port: number, authority: string): SubjectDescription {
  return {
    endpoint: {
      host: MODEL_HOST,
      port: 443,
      address: '127.0.0.1',
      connectPort: port,
      uriPath: MODEL_URI_PATH,
      credential: MODEL_CREDENTIAL,
      region: 'eu-west-1',
    },
    keys: {
      key: 'Model-key',
      otherKey: 'other-key',
      encryptOnlyKey: 'encrypt-only',
      decryptOnlyKey: 'decrypt-only',
      disabledKey: 'disabled',
    },
    isReadOnly: false,
    plaintext: randomBytes(32),
    authorities: authoritiesWith(authority),
    samples: 3,
  };
}

/** Examines what a description names. */
export async function findingsOf(description: SubjectDescription): Promise<readonly Finding[]> {
  const subject = makeSubject(description);
  return examine(subject).finally(() => {
    subject.close();
  });
}

/** Serves a behaviour and examines it. */
export async function examineModel(
  behaviour: Partial<Behaviour>,
  tls: ServerOptions,
  change: (described: SubjectDescription) => SubjectDescription,
): Promise<{ readonly findings: readonly Finding[]; readonly requests: readonly string[] }> {
  const model = await serveModel({ ...CORRECT, ...behaviour }, tls);
  try {
    const findings = await findingsOf(change(described(model.port, '')));
    return { findings, requests: model.requests };
  } finally {
    await model.close();
  }
}

/** Ids of what was found, be it failed or worth a warning. */
export function foundIn(findings: readonly Finding[]): readonly string[] {
  return findings.filter(isFound).map(({ id }) => id);
}

/** A remark on one slow call in a hundred is about the machine that the tests run on. */
function isFound({ id, level, outcome }: Finding): boolean {
  if (id.startsWith('timing.') && level === 'MUST') return outcome === 'failed';
  return outcome === 'failed' || outcome === 'warning';
}

import { createPublicKey } from 'node:crypto';
import { compactVerify } from 'jose';
import { z } from 'zod';
import { parseVerifierKey } from '../../transparency-log/signed-note.js';
import type { RehearsedKeys } from '../proxy.js';

const statementSchema = z.looseObject({
  externalKeyId: z.string(),
  extent: z.string(),
  materials: z.array(z.looseObject({ version: z.int() })).min(1),
  askedFor: z.looseObject({ by: z.string() }),
  auditLog: z.looseObject({ checkpoint: z.string() }),
  beyondReach: z.looseObject({ places: z.array(z.string()).min(1), masterKeyId: z.string() }),
});

/** The statement of a certificate of destruction. */
export type CertifiedDestruction = z.infer<typeof statementSchema>;

/**
 * Fetches the certificate of destruction of a key, and verifies it with the key of the audit log.
 *
 * @throws Error for one that does not verify, or lacks something
 */
export async function certifiedDestruction(
  { holdfast }: RehearsedKeys,
  externalKeyId: string,
): Promise<CertifiedDestruction> {
  const { publicKey } = parseVerifierKey((await holdfast('audit', 'public-key')).trim());
  const x = publicKey.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const jws = (await holdfast('keys', 'certificate', externalKeyId)).trim();
  const { payload } = await compactVerify(jws, key, { algorithms: ['EdDSA'] });
  return statementSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
}

import { generate } from 'selfsigned';

/** A self-signed certificate of this machine and its P-256 key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes an identity for a server that does not make one itself. */
export async function makeIdentity(): Promise<Identity> {
  const identity = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { certificate: identity.cert, privateKey: identity.private };
}

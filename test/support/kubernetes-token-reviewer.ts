import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

/** A service account. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** What stands in for a Kubernetes cluster. */
export interface TokenReviewer {
  readonly address: string;
  /** The service account's token, as Kubernetes projects it into a pod. */
  readonly jwt: string;
}

/**
 * The one endpoint of the Kubernetes API that OpenBao asks when a pod logs in. It vouches for
 * whatever token it is shown. Gone when the test has finished.
 *
 * @see Kubernetes API, authentication.k8s.io/v1, TokenReview
 */
export async function startTokenReviewer(account: ServiceAccount): Promise<TokenReviewer> {
  const uid = '3f0e5f9c-0000-4000-8000-000000000000';
  const user = { username: `system:serviceaccount:${account.namespace}:${account.name}`, uid };
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    status: { authenticated: true, user },
  };
  const server = createServer((_, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(review));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwt = await new SignJWT({
    'kubernetes.io': {
      namespace: account.namespace,
      serviceaccount: { name: account.name, uid },
    },
  })
    .setProtectedHeader({ alg: 'RS256' })
    .setSubject(user.username)
    .setIssuedAt()
    .setNotBefore('1 minute ago')
    .setExpirationTime('1h')
    .sign(privateKey);
  return { address: `http://127.0.0.1:${port}`, jwt };
}

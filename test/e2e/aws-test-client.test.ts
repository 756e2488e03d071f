import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaries } from '../support/canaries.js';
import { issueCertificate, makeCertificateAuthority } from '../support/certificates.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../support/holdfast-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KMS_NAME = 'cks.kms.eu-west-1.amazonaws.com';
const rootCredential = {
  accessKeyId: 'ROOTROOTROOTROOTROOT',
  secretAccessKey: canaries.secretAccessKey,
};
const restrictedKeys = {
  encrypt_only_key: 'ENCRYPT',
  decrypt_only_key: 'DECRYPT',
  impotent_key: 'NONE',
};

const folder = process.env['XKS_TEST_CLIENT'];
if (folder === undefined) {
  process.stderr.write(
    "\nSKIPPED: AWS's test client, which no package registry has. Get it with `git clone " +
      'https://github.com/aws-samples/aws-kms-xksproxy-test-client`, and name its folder in ' +
      'XKS_TEST_CLIENT. It needs bash, curl 7.75 or later, jq, uuidgen and xxd.\n',
  );
}

/** What a run of the client came to; a check is named as the client names it. */
interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  /** The client's last word. */
  readonly summary: string;
}

/** It exits with 0 whatever came of it; its output is what counts. */
function runClient(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Outcome> {
  const client = resolve(folder ?? '');
  const options = { cwd: client, env, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    execFile(join(client, 'test-xks-proxy'), args, options, (_error, stdout, stderr) => {
      const verdicts = [...stdout.matchAll(/^=> Test (.*) (PASSED|FAILED)/gm)];
      const failed = verdicts.filter(([, , verdict]) => verdict === 'FAILED');
      done({
        passed: verdicts.length - failed.length,
        failed: failed.map(([, name = '']) => name),
        summary: /(All \d+ tests PASSED|A total of .*)\.\s*$/.exec(stdout)?.[1] ?? stderr,
      });
    });
  });
}

describe.skipIf(folder === undefined)("AWS's test client", () => {
  const stateDirectory = temporaryFolder(afterAll);
  let server: HoldfastServer;

  beforeAll(async () => {
    await writeClientCertificate(stateDirectory);
    server = await startHoldfast({ stateDirectory, configuration: configuration() });
    for (const [id, usage] of Object.entries(restrictedKeys)) {
      const args = ['keys', 'create', id, '--key-store', 'quickstart', '--usage', usage];
      expect(await server.holdfast(...args)).toMatchObject({ code: 0 });
    }
    return async () => {
      expect(await server.stop()).toBe(0);
    };
  });

  it('over TLS → 35 checks pass', async () => {
    expect(await runClient(environment(server))).toEqual({
      passed: 35,
      failed: [],
      summary: 'All 35 tests PASSED',
    });
  });

  const whole = { passed: 49, failed: [], summary: 'All 49 tests PASSED' };

  it('over TLS with restricted keys → 49 checks pass', async () => {
    expect(await runClient(environment(server), '-a')).toEqual(whole);
  });

  it('over TLS with an empty path prefix → 49 checks pass', async () => {
    const atRoot = {
      ...environment(server),
      URI_PREFIX: '',
      SIGV4_ACCESS_KEY_ID: rootCredential.accessKeyId,
      SIGV4_SECRET_ACCESS_KEY: rootCredential.secretAccessKey,
    };
    expect(await runClient(atRoot, '-a')).toEqual(whole);
  });

  it('over mutual TLS → 49 pass; 2 miss an alert that Node does not send, and are not served', async () => {
    const outcome = await runClient(mutualTls(server), '-a');

    expect(outcome).toEqual({
      passed: 49,
      failed: [
        'GetHealthStatus via mTLS with a expired client certificate',
        'GetHealthStatus via mTLS with a selfsigned client certificate',
      ],
      summary: 'A total of 49 tests PASSED and 2 tests FAILED',
    });
    // Whether the two were refused, the log tells: it has a line for each request.
    expect(server.log().match(/"clientCertificateName":/g)).toHaveLength(49);
    // Lines are gathered for up to 100 ms before they are written.
    await expect
      .poll(() => server.log().match(/"reason":"\w+"(?=.*because of its certificate)/g))
      .toEqual(['"reason":"CERT_HAS_EXPIRED"', '"reason":"DEPTH_ZERO_SELF_SIGNED_CERT"']);
  });
});

function environment({ port, stateDirectory, credential }: HoldfastServer): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    CURL_CA_BUNDLE: join(stateDirectory, 'quickstart', 'ca.pem'),
    XKS_PROXY_HOST: `localhost:${String(port)}`,
    URI_PREFIX: 'quickstart',
    KEY_ID: 'quickstart-key',
    SIGV4_ACCESS_KEY_ID: credential.accessKeyId,
    SIGV4_SECRET_ACCESS_KEY: credential.secretAccessKey,
    ANSI_ESCAPE: '0',
  };
}

function mutualTls(server: HoldfastServer): NodeJS.ProcessEnv {
  const file = (name: string) => join(server.stateDirectory, name);
  return {
    ...environment(server),
    XKS_PROXY_HOST: `localhost:${String(server.ports.get('mtls'))}`,
    MTLS: `--key ${file('client.key')} --cert ${file('client.pem')}`,
  };
}

function configuration(): object {
  const quickstart = quickstartConfiguration();
  const [listener] = quickstart.listeners;
  const clientCertificates = { roots: ['client-ca.pem'], allowedNames: [KMS_NAME] };
  const tls = { ...(listener?.['tls'] as object), clientCertificates };
  const root = {
    name: 'root',
    pathPrefix: '',
    keyManager: 'files',
    exposes: 'all',
    credentials: [rootCredential],
  };
  return {
    ...quickstart,
    listeners: [listener, { ...listener, name: 'mtls', tls }],
    keyStores: [...quickstart.keyStores, root].map((store) => ({ ...store, shared: true })),
  };
}

async function writeClientCertificate(target: string): Promise<void> {
  const authority = await makeCertificateAuthority();
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: KMS_NAME,
    clientAuth: true,
  });
  writeFileSync(join(target, 'client-ca.pem'), authority.certificate);
  writeFileSync(join(target, 'client.pem'), certificate);
  writeFileSync(join(target, 'client.key'), privateKey, { mode: 0o600 });
}

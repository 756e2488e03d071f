import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { KeyManagerNode } from '../../../src/key-managers/backend.js';
import { issueCertificate } from '../../support/certificates.js';
import { startTokenReviewer } from '../../support/kubernetes-token-reviewer.js';
import { OpenbaoServer } from '../../support/openbao.js';
import {
  currentRef,
  firstNode,
  longDeadline,
  makeAppRole,
  openVault,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.alloc(10, 2);
const tokenAnswer = z.object({ auth: z.object({ client_token: z.string() }) });

describeWithOpenbao('logging in', (program) => {
  let server: OpenbaoServer;
  let folder: string;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    folder = await mkdtemp(join(tmpdir(), 'holdfast-logins-'));
    await server.must('POST', 'transit/keys/payroll', { type: 'aes256-gcm96' });
    await makeAppRole(server);
  });

  afterAll(async () => {
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function serves(node: KeyManagerNode): Promise<void> {
    const ref = await currentRef(node, 'payroll');
    const sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    expect(await node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
  }

  async function makeToken(fields: object = {}): Promise<string> {
    const body = { policies: ['holdfast'], ttl: '1h', ...fields };
    return tokenAnswer.parse(await server.must('POST', 'auth/token/create', body)).auth
      .client_token;
  }

  async function tokenCount(): Promise<number> {
    const body = await server.must('GET', 'auth/token/accessors?list=true');
    return z.object({ data: z.object({ keys: z.array(z.string()) }) }).parse(body).data.keys.length;
  }

  async function revokeAll(): Promise<void> {
    await server.must('POST', 'sys/leases/revoke-prefix/auth/approle');
  }

  it('an AppRole → serves, and its token is gone when the node is closed', async () => {
    const login = await makeAppRole(server);
    const before = await tokenCount();
    const node = firstNode(await openVault([server], { login }));
    await serves(node);
    expect(await tokenCount()).toBe(before + 1);
    await node.close();
    expect(await tokenCount()).toBe(before);
  });

  it('a token that is revoked → one new login, and the request is served', async () => {
    const login = await makeAppRole(server);
    let ahead = 0;
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + ahead };
    const node = firstNode(await openVault([server], { login }, { clock }));
    await serves(node);
    await revokeAll();
    ahead = 10_000; // A token that has just been made is not given up.
    const before = await tokenCount();
    await Promise.all(Array.from({ length: 10 }, () => serves(node)));
    expect(await tokenCount()).toBe(before + 1);
  });

  it('tokens of 2 s → renewed, and made anew at the end of their longest life of 4 s', async () => {
    const role = { token_ttl: '2s', token_max_ttl: '4s' };
    const login = await makeAppRole(server, 'short', role);
    const node = firstNode(await openVault([server], { login }));
    const endsAt = Date.now() + 8_000;
    while (Date.now() < endsAt) {
      await serves(node);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it('batch tokens of 4 s, which cannot be renewed → made anew in time', async () => {
    const role = { token_type: 'batch', token_ttl: '4s' };
    const login = await makeAppRole(server, 'batch', role);
    const node = firstNode(await openVault([server], { login }));
    const endsAt = Date.now() + 7_000;
    while (Date.now() < endsAt) {
      await serves(node);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it('a wrong secret id → starts, misconfigured, and no secret in the error', async () => {
    const login = { ...(await makeAppRole(server)), secretId: 'wrong-secret-id' };
    const node = firstNode(await openVault([server], { login }));
    const refused = node.describeKey('payroll', longDeadline());
    await expect(refused).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(refused).rejects.not.toThrow(/wrong-secret-id/);
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('a token file → serves; another token in it, the first revoked → serves with that', async () => {
    const tokenFile = join(folder, 'token');
    const first = await makeToken();
    await writeFile(tokenFile, `${first}\n`, { mode: 0o600 });
    let ahead = 0;
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + ahead };
    const login = { method: 'token', tokenFile };
    const node = firstNode(await openVault([server], { login }, { clock }));
    await serves(node);
    await writeFile(tokenFile, await makeToken());
    await server.must('POST', 'auth/token/revoke', { token: first });
    ahead = 10_000;
    await serves(node);
  });

  it('no token file yet → misconfigured; written → serves by itself', async () => {
    const tokenFile = join(folder, 'late-token');
    const node = firstNode(await openVault([server], { login: { method: 'token', tokenFile } }));
    await expect(node.describeKey('payroll', longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
    await writeFile(tokenFile, await makeToken());
    await vi.waitFor(() => serves(node), { timeout: 15_000, interval: 100 });
  });

  it('a TLS certificate → serves; another one → misconfigured', async () => {
    await server.must('POST', 'sys/auth/cert', { type: 'cert' });
    await server.must('POST', 'auth/cert/certs/holdfast', {
      certificate: server.authority.certificate,
      allowed_common_names: ['holdfast'],
      token_policies: ['holdfast'],
    });
    const open = async (commonName: string) => {
      const issued = await issueCertificate(server.authority, { commonName, clientAuth: true });
      const at = (name: string) => join(folder, `${commonName}-${name}.pem`);
      await writeFile(at('chain'), issued.certificate);
      await writeFile(at('key'), issued.privateKey);
      await chmod(at('key'), 0o600);
      const tls = { roots: [server.caPath], clientCertificate: at('chain'), clientKey: at('key') };
      return firstNode(await openVault([server], { login: { method: 'cert' }, tls }));
    };
    await serves(await open('holdfast'));
    const stranger = await open('stranger');
    await expect(stranger.describeKey('payroll', longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });

  it('a Kubernetes service account → serves', async () => {
    const cluster = await startTokenReviewer({ namespace: 'production', name: 'holdfast' });
    await server.must('POST', 'sys/auth/kubernetes', { type: 'kubernetes' });
    await server.must('POST', 'auth/kubernetes/config', {
      kubernetes_host: cluster.address,
      token_reviewer_jwt: cluster.jwt,
      kubernetes_ca_cert: server.authority.certificate,
      disable_local_ca_jwt: true,
    });
    await server.must('POST', 'auth/kubernetes/role/holdfast', {
      bound_service_account_names: ['holdfast'],
      bound_service_account_namespaces: ['production'],
      token_policies: ['holdfast'],
    });
    const jwtFile = join(folder, 'jwt');
    await writeFile(jwtFile, cluster.jwt, { mode: 0o600 });
    const login = { method: 'kubernetes', role: 'holdfast', jwtFile };
    await serves(firstNode(await openVault([server], { login })));
  });

  it('a server whose certificate no configured root vouches for → misconfigured', async () => {
    const tls = {};
    const login = await makeAppRole(server);
    const node = firstNode(await openVault([server], { login, tls }));
    await expect(node.describeKey('payroll', longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });

  it('a namespace → login and keys are of that namespace alone', async () => {
    await server.must('POST', 'sys/namespaces/team-a');
    await server.must('POST', 'team-a/sys/mounts/transit', { type: 'transit' });
    await server.must('POST', 'team-a/transit/keys/payroll', { type: 'aes256-gcm96' });
    const login = await makeAppRole(server, 'holdfast', { namespace: 'team-a/' });
    await serves(firstNode(await openVault([server], { login, namespace: 'team-a' })));
    const outside = firstNode(await openVault([server], { login }));
    await expect(outside.describeKey('payroll', longDeadline())).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });
});

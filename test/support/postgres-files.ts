import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { postgresUser } from '../../scripts/lib/postgres-user.mjs';
import {
  type CertificateAuthority,
  type IssuedCertificate,
  issueCertificate,
} from './certificates.js';

/** The password of PostgreSQL's superuser, and of replication. */
export const SUPERUSER_PASSWORD = 'canary-postgres-superuser-61';

/** The user that PostgreSQL runs as: it refuses to run as root. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** @returns nothing where it runs as this process does */
export function serverUser(): ServerUser {
  return postgresUser() ?? {};
}

/** Makes a folder that is the server's own. */
export function serverFolder(user: ServerUser): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'));
  giveToServer(folder, user);
  return folder;
}

/** Runs a program of PostgreSQL to its end. @throws with what it printed */
export async function runProgram(
  program: string,
  args: readonly string[],
  user: ServerUser,
): Promise<void> {
  const options: SpawnOptions = {
    ...user,
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], PGPASSWORD: SUPERUSER_PASSWORD, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  };
  const child = spawn(program, args, options);
  const printed = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${await printed}`);
}

/** Writes a file that only the server may read. */
export function writeServerFile(path: string, contents: string, user: ServerUser): void {
  writeFileSync(path, contents, { mode: 0o600 });
  giveToServer(path, user);
}

/** Issues the certificate of a server on this machine. */
export async function issueServerCertificate(
  authority: CertificateAuthority,
): Promise<IssuedCertificate> {
  return await issueCertificate(authority, {
    commonName: '127.0.0.1',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
}

/** Writes the server's certificate and its key. */
export function writeServerTls(
  folder: string,
  { certificate, privateKey }: IssuedCertificate,
  user: ServerUser,
): void {
  writeServerFile(join(folder, 'server.pem'), certificate, user);
  writeServerFile(join(folder, 'server.key'), privateKey, user);
}

/** Writes the authority that the server's certificate, and those of clients, are from. */
export function writeAuthority(folder: string, authority: CertificateAuthority): void {
  writeFileSync(join(folder, 'ca.pem'), authority.certificate, { mode: 0o644 });
}

function giveToServer(path: string, { uid, gid }: ServerUser): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

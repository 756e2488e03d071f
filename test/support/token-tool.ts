import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type TestToken, testPin } from './pkcs11.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./token-tool.mjs', import.meta.url));
const objects = z.array(z.object({ label: z.string(), id: z.string() }));

/** The names of objects of a token. */
export interface ObjectNames {
  readonly label?: string;
  readonly id?: string;
}

/** An act of another program on a token. */
export type TokenAct =
  | readonly ['generate', ObjectNames & { readonly encrypt?: boolean }]
  /** Of AES material in Base64. */
  | readonly ['import', ObjectNames & { readonly material: string }]
  | readonly ['destroy' | 'forbidEncryption', ObjectNames]
  /** Of private keys: gives the one of a label another. */
  | readonly ['relabelPrivate', { readonly label: string; readonly id: string }];

/**
 * Works on a token as another program would, in a process of its own.
 *
 * @returns the secret keys that are in the token afterwards
 */
export async function actOnToken(
  { config, token }: TestToken,
  ...acts: readonly TokenAct[]
): Promise<ObjectNames[]> {
  const { module, libraryParameters, environment } = config;
  const env = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  const label = 'label' in token ? token.label : undefined;
  const request = { module, libraryParameters, label, pin: testPin.reveal(), acts };
  const { stdout } = await run(process.execPath, [program, JSON.stringify(request)], {
    env: { ...process.env, ...env },
  });
  return objects.parse(JSON.parse(stdout));
}

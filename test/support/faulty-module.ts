import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestToken } from './pkcs11.js';

const SOURCE = fileURLToPath(new URL('./faulty-module.c', import.meta.url));

/** A library that does what SoftHSM does, or what a test says. */
export interface FaultyModule {
  /** The token, by way of this library. */
  readonly token: TestToken;
  /**
   * Sets the fault from now on: `hang`, `crash`, `flip` (a bit of each ciphertext), or milliseconds
   * that a call takes.
   */
  fail(fault: string): void;
  /** Behaves well again. */
  recover(): void;
}

/** Compiles the library into the token's folder. */
export async function makeFaultyModule(real: TestToken): Promise<FaultyModule> {
  const { folder, config } = real;
  const module = join(folder, 'faulty-module.so');
  const faultFile = join(folder, 'fault');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-o', module, SOURCE, '-ldl']);
  const environment = [
    ...config.environment,
    { name: 'REAL_MODULE', value: config.module },
    { name: 'FAULT_FILE', value: faultFile },
  ];
  return {
    token: { ...real, config: { ...config, module, environment } },
    fail: (fault) => {
      writeFileSync(faultFile, fault);
    },
    recover: () => {
      rmSync(faultFile, { force: true });
    },
  };
}

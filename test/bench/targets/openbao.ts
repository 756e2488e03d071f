import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installOpenbao } from '../../../scripts/lib/install-openbao.mjs';
import { OpenbaoServer } from '../../support/openbao.js';
import { MAX_REFUSED_SHARE, startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

/** Holdfast on an OpenBao server, which is not counted: it would run elsewhere. */
export const openbao: Target = {
  name: 'openbao',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: async () => {
    const backend = await OpenbaoServer.startReady(await installOpenbao());
    try {
      await backend.must('POST', 'transit/keys/holdfast-health-test', { type: 'aes256-gcm96' });
      const tokenFile = join(dirname(backend.caPath), 'token');
      await writeFile(tokenFile, backend.rootToken, { mode: 0o600 });
      const keyManager = {
        name: 'trial',
        type: 'vault',
        nodes: [{ name: 'openbao', address: backend.address }],
        tls: { roots: [backend.caPath] },
        login: { method: 'token', tokenFile },
      };
      const server = await startHoldfast('openbao', {
        keyManager: `  - ${JSON.stringify(keyManager)}`, // JSON is YAML.
      });
      return {
        ...server,
        stop: async () => {
          await server.stop();
          await backend.dispose();
        },
      };
    } catch (error) {
      await backend.dispose();
      throw error;
    }
  },
};

import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import { createAdminApp } from '../../../src/http/admin-app.js';
import { AdministrationInMemory, inForce } from '../../support/admin-fixture.js';
import { captureLog } from '../../support/log-lines.js';

function app() {
  const operations = createAdminOperations(() => inForce(new AdministrationInMemory()));
  return createAdminApp(operations, captureLog().logger);
}

describe('every answer of the admin API', () => {
  it.each([
    ['a success', '/v1/keys', 200],
    ['an error', '/v1/nothing', 404],
  ])(
    '%s → JSON that nobody stores, with helmet, and nothing that names the software',
    async (_title, path, status) => {
      const response = await request(app()).get(path).expect(status).expect('content-type', /json/);
      expect(response.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
      });
      expect(response.headers).not.toHaveProperty('x-powered-by');
    },
  );
});

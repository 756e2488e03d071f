import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { canaries, canaryForms } from '../../support/canaries.js';
import { decryptBody, encryptBody, requestMetadata } from '../../support/xks-requests.js';
import { encrypt, expectError, expectSuccess, lineOf } from '../expectations.js';
import type { Section } from '../requirement.js';

/** @see XKS Proxy API, section Logging */
export const logging: Section = {
  title: 'Logging',
  requirements: [
    {
      level: 'SHOULD',
      text: 'a request is logged with its metadata, its outcome and the time it took',
      check: async (served) => {
        const metadata = requestMetadata({ awsSourceVpc: 'vpc-1', awsSourceVpce: 'vpce-1' });
        await encrypt(served.client, { requestMetadata: metadata });
        const line = await lineOf(served.server, String(metadata['kmsRequestId']));
        expect(line).toMatchObject({ ...metadata, operation: 'Encrypt', status: 200 });
        expect(Object.entries(line)).toContainEqual([
          expect.stringMatching(/^duration/),
          expect.any(Number),
        ]);
      },
    },
    {
      level: 'SHOULD',
      text: 'a failed request is logged with its error',
      check: async (served) => {
        const kmsRequestId = randomUUID();
        const body = encryptBody({ requestMetadata: requestMetadata({ kmsRequestId }) });
        expectError(await served.client.call('keys/nobody/encrypt', body), 'KeyNotFoundException');
        const line = await lineOf(served.server, kmsRequestId);
        expect(line).toMatchObject({ errorName: 'KeyNotFoundException', status: 404 });
      },
    },
    {
      level: 'MUST',
      text: 'no plaintext and no secret is logged, of Encrypt or of Decrypt',
      check: async (served) => {
        const { client } = served;
        const plaintext = canaries.plaintext.toString('base64');
        const sealed = await encrypt(client, { plaintext });
        const kmsRequestId = randomUUID();
        const body = decryptBody(sealed, { requestMetadata: requestMetadata({ kmsRequestId }) });
        const opened = await client.call('keys/quickstart-key/decrypt', body);
        expect(expectSuccess(opened)).toEqual({ plaintext });
        const malformed = encryptBody({ plaintext: `${plaintext}!` });
        expectError(
          await client.call('keys/quickstart-key/encrypt', malformed),
          'ValidationException',
        );
        await lineOf(served.server, kmsRequestId);
        const log = Buffer.from(served.server.log());
        for (const secret of [canaries.plaintext, client.credential.secretAccessKey]) {
          for (const [form, bytes] of canaryForms(secret)) {
            expect([form, log.includes(bytes)]).toEqual([form, false]);
          }
        }
      },
    },
    {
      level: 'OWN',
      text: 'a client cannot forge a line of the log',
      check: async (served) => {
        const kmsRequestId = randomUUID();
        const awsPrincipalArn = `x\n{"level":"info","forged":true}\r\n\u001b[2J${kmsRequestId}`;
        const metadata = requestMetadata({ kmsRequestId, awsPrincipalArn });
        await encrypt(served.client, { requestMetadata: metadata });
        const line = await lineOf(served.server, kmsRequestId);
        expect(line['kmsRequestId']).toBe(kmsRequestId);
        // The line says it, in escapes: nothing that moves a cursor or begins a line is in the log.
        expect(line['awsPrincipalArn']).toBe(awsPrincipalArn);
        expect(served.server.log()).toMatch(/^[\x20-\x7e\n]+$/);
        expect(served.server.log()).not.toMatch(/^\{"level":"info","forged"/m);
      },
    },
  ],
};

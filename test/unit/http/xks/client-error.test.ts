import { describe, expect, it } from 'vitest';
import { malformedRequestResponse } from '../../../../src/http/xks/client-error.js';

describe('malformedRequestResponse', () => {
  it.each(['HPE_HEADER_OVERFLOW', 'ERR_HTTP_REQUEST_TIMEOUT', 'HPE_INVALID_METHOD', '__proto__'])(
    '%s → a whole response that closes the connection',
    (code) => {
      const [head = '', body = ''] = malformedRequestResponse(code).split('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(head).toContain(`\r\ncontent-length: ${String(body.length)}\r\n`);
      expect(head).toContain('\r\nconnection: close');
      expect(JSON.parse(body)).toMatchObject({
        errorName: 'ValidationException',
        errorMessage: expect.any(String),
      });
    },
  );
});

import { describe, expect, it } from 'vitest';
import { malformedRequestResponse } from '../../../src/http/client-error.js';
import { renderError } from '../../../src/http/render.js';

describe('renderError', () => {
  it('a message → one line of JSON', () => {
    expect(renderError('ValidationException', 'Say "please".')).toBe(
      '{"errorName":"ValidationException","errorMessage":"Say \\"please\\"."}',
    );
  });

  it.each(['a\nb', 'é', '\u2028', '\u0000', '😀'])('%j → printable ASCII', (message) => {
    expect(renderError('InternalException', message)).toMatch(/^[\x20-\x7e]+$/);
  });

  it('a long message → fewer than 512 characters', () => {
    const { errorMessage } = JSON.parse(renderError('InternalException', 'x'.repeat(9_999))) as {
      errorMessage: string;
    };
    expect(errorMessage).toHaveLength(511);
  });
});

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

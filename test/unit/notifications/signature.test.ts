import { describe, expect, it } from 'vitest';
import { signatureHeaders } from '../../../src/notifications/signature.js';
import { Secret } from '../../../src/shared/secret.js';

describe('signatureHeaders', () => {
  // The example of Standard Webhooks, which its libraries are tested with.
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    sentAt: 1_614_265_330_999,
    body: '{"test": 2432232314}',
  };
  const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

  it('the example of Standard Webhooks → its signature', () => {
    expect(signatureHeaders(message, [secret])).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    });
  });

  it('two secrets → a signature under each, in order', () => {
    const other = new Secret(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
    const signatures = signatureHeaders(message, [other, secret])['webhook-signature'];
    expect(signatures?.split(' ')).toEqual([expect.stringMatching(/^v1,/), signature]);
    expect(signatures?.split(' ')[0]).not.toBe(signature);
  });
});

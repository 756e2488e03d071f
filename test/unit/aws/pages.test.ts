import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { KmsClient } from '../../../src/aws/kms-client.js';
import { listKeyStores } from '../../../src/aws/key-store.js';
import { Secret } from '../../../src/shared/secret.js';

function page(name: string, NextMarker?: string) {
  const store = {
    CustomKeyStoreId: `cks-${name}`,
    CustomKeyStoreName: name,
    ConnectionState: 'CONNECTED',
    XksProxyConfiguration: {
      AccessKeyId: 'A',
      UriEndpoint: 'https://xks.example.com',
      UriPath: '/kms/xks/v1',
      Connectivity: 'PUBLIC_ENDPOINT',
    },
  };
  return { CustomKeyStores: [store], NextMarker };
}

it('a list of three pages → what is on each, asked for with the marker before it', async () => {
  const asked: unknown[] = [];
  const pages = [page('first', 'one'), page('second', 'two'), page('third')];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(JSON.parse(body));
      response.end(JSON.stringify(pages[asked.length - 1]));
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const kms = new KmsClient({
    endpoint: `http://127.0.0.1:${String(address.port)}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'A', secretAccessKey: new Secret('b'.repeat(40)) },
  });
  const names = (await listKeyStores(kms)).map(({ CustomKeyStoreName }) => CustomKeyStoreName);
  expect(names).toEqual(['first', 'second', 'third']);
  expect(asked).toEqual([{}, { Marker: 'one' }, { Marker: 'two' }]);
});

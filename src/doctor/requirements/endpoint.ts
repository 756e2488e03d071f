import { isIP } from 'node:net';
import { HTTPS_PORT } from '../client/endpoint.js';
import type { Requirement, Section } from '../requirement.js';
import { demand, Remark } from '../verdict.js';

const URI_PATH = /^(\/[a-zA-Z0-9/_-]+)?\/kms\/xks\/v\d{1,2}$/;
const HOST = /^[a-zA-Z0-9.-]+$/;
const ACCESS_KEY_ID = /^[A-Z2-7]{20,30}$/;
const SECRET_ACCESS_KEY = /^[A-Za-z0-9/+=]{43,64}$/;
const MAX_URI_PATH = 128;
const MIN_URI_PATH = 10;
const MAX_ENDPOINT = 128;
const MAX_URI = 256;

const REJECTED = {
  meaning: 'CreateCustomKeyStore fails with a ValidationException before the proxy is asked.',
} as const;

const ofPlace: readonly Requirement[] = [
  {
    id: 'endpoint.host',
    level: 'MUST',
    text: 'the endpoint is a fully qualified domain name',
    ...REJECTED,
    advice: 'Give the proxy a name in public DNS, or in the private DNS of the endpoint service.',
    check: async ({ endpoint: { host } }) => {
      demand(isIP(host) === 0, `${host} is an address, which no public authority vouches for`);
      demand(HOST.test(host), `${host} has other characters than letters, digits, dots, hyphens`);
      const { length } = `https://${host}`;
      demand(length <= MAX_ENDPOINT, `with https:// it has ${length} characters; ${MAX_ENDPOINT}`);
      if (!host.includes('.')) {
        throw new Remark(`${host} is a name of this machine or network alone`);
      }
      return host;
    },
  },
  {
    id: 'endpoint.port',
    level: 'SHOULD',
    text: 'the port is 443',
    meaning: 'XksProxyUriEndpoint has no port, and KMS calls 443.',
    advice: 'Listen on 443, or have the load balancer in front of the proxy listen there.',
    check: async ({ endpoint: { port } }) => {
      demand(port === HTTPS_PORT, `it is ${port}`);
      return undefined;
    },
  },
  {
    id: 'endpoint.path',
    level: 'MUST',
    text: 'the path has 10 to 128 characters of the alphabet and ends in /kms/xks/v1',
    ...REJECTED,
    advice: 'Choose a path prefix of letters, digits, slashes, hyphens and underscores.',
    check: async ({ endpoint: { uriPath } }) => {
      const { length } = uriPath;
      demand(length >= MIN_URI_PATH && length <= MAX_URI_PATH, `it has ${length} characters`);
      demand(URI_PATH.test(uriPath), `it is ${uriPath}`);
      return uriPath;
    },
  },
  {
    id: 'endpoint.uri-length',
    level: 'MUST',
    text: 'the URI of a key has at most 256 characters',
    meaning: 'KMS cannot use the key.',
    advice: 'Choose a shorter name, path prefix or external key id.',
    check: async ({ endpoint: { host, uriPath }, keys }) => {
      const { length } = `https://${host}${uriPath}/keys/${keys.key ?? ''}/metadata`;
      demand(length <= MAX_URI, `it has ${length}`);
      return `${length}`;
    },
  },
];

const ofCredential: readonly Requirement[] = [
  {
    id: 'credential.access-key-id',
    level: 'MUST',
    text: 'the access key id has 20 to 30 characters of A to Z and 2 to 7',
    ...REJECTED,
    advice: 'Generate another one: holdfast credentials generate.',
    check: async ({ endpoint }) => {
      const { accessKeyId } = endpoint.credential;
      demand(ACCESS_KEY_ID.test(accessKeyId), `it is ${accessKeyId}`);
      return undefined;
    },
  },
  {
    id: 'credential.secret',
    level: 'MUST',
    text: 'the secret access key has 43 to 64 characters of A to Z, a to z, 0 to 9, /, + and =',
    ...REJECTED,
    advice: 'Generate another one: holdfast credentials generate.',
    check: async ({ endpoint }) => {
      const { secretAccessKey } = endpoint.credential;
      const { length } = secretAccessKey;
      demand(length >= 43 && length <= 64, `it has ${length} characters`);
      demand(SECRET_ACCESS_KEY.test(secretAccessKey), 'it has other characters');
      return undefined;
    },
  },
];

/** @see XKS Proxy API, sections API operations and Authentication; AWS KMS API reference */
export const endpointSection: Section = {
  title: 'Endpoint and credential, by their form',
  requirements: [...ofPlace, ...ofCredential],
};

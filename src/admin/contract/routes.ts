import { z } from 'zod';
import {
  adoptedCountersSchema,
  keyManagerPathSchema,
  keyManagerSchema,
  movedKeysSchema,
  moveKeysSchema,
} from './key-managers.js';
import {
  exportKeyStoreQuerySchema,
  keyStoreListSchema,
  keyStorePathSchema,
  xksProxyConfigurationSchema,
} from './key-stores.js';
import {
  createKeySchema,
  keyFilterSchema,
  keyListSchema,
  keyPathSchema,
  keySchema,
} from './keys.js';
import type { AdminRoute } from './route.js';
import { recoveredSchema, statusSchema } from './status.js';

/** Every call of the admin API, by its operation's name. */
export const routes = {
  listKeys: {
    summary: 'Lists external keys, ordered by key manager and id.',
    method: 'GET',
    path: '/v1/keys',
    request: z.object({ query: keyFilterSchema }),
    logged: ['keyStore', 'keyManager'],
    isAct: false,
    status: 200,
    answer: keyListSchema,
  },
  createKey: {
    summary: "Creates an external key with fresh material in a key store's key manager.",
    method: 'POST',
    path: '/v1/keys',
    request: z.object({ body: createKeySchema }),
    logged: ['externalKeyId', 'keyStore', 'usage'],
    isAct: true,
    status: 201,
    answer: keySchema,
  },
  showKey: {
    summary: 'Describes one external key.',
    method: 'GET',
    path: '/v1/keys/:externalKeyId',
    request: z.object({ pathParameters: keyPathSchema, query: keyFilterSchema }),
    logged: ['externalKeyId', 'keyStore', 'keyManager'],
    isAct: false,
    status: 200,
    answer: keySchema,
  },
  showKeyManager: {
    summary: "How the nodes of a key manager are, by the server's own checks.",
    method: 'GET',
    path: '/v1/key-managers/:keyManager',
    request: z.object({ pathParameters: keyManagerPathSchema }),
    logged: ['keyManager'],
    isAct: false,
    status: 200,
    answer: keyManagerSchema,
  },
  adoptCounters: {
    summary: "Adds this replica's own counters of encryptions to those of the state store.",
    method: 'POST',
    path: '/v1/key-managers/:keyManager/adopt-counters',
    request: z.object({ pathParameters: keyManagerPathSchema }),
    logged: ['keyManager'],
    isAct: true,
    status: 200,
    answer: adoptedCountersSchema,
    isLong: true,
  },
  moveKeys: {
    summary: 'Moves the keys of a key manager to the state store, or to a folder.',
    method: 'POST',
    path: '/v1/key-managers/:keyManager/move',
    request: z.object({ pathParameters: keyManagerPathSchema, body: moveKeysSchema }),
    logged: ['keyManager', 'to', 'directory'],
    isAct: true,
    status: 200,
    answer: movedKeysSchema,
    isLong: true,
  },
  listKeyStores: {
    summary: 'Lists key stores, in configured order.',
    method: 'GET',
    path: '/v1/key-stores',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: keyStoreListSchema,
  },
  exportKeyStore: {
    summary: 'The proxy configuration file for the KMS console. The answer holds a secret.',
    method: 'GET',
    path: '/v1/key-stores/:keyStore/xks-proxy-configuration',
    request: z.object({ pathParameters: keyStorePathSchema, query: exportKeyStoreQuerySchema }),
    logged: ['keyStore', 'accessKeyId'],
    isAct: true,
    status: 200,
    answer: xksProxyConfigurationSchema,
  },
  showStatus: {
    summary: 'How this replica is, and what it knows of the others.',
    method: 'GET',
    path: '/v1/status',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: statusSchema,
  },
  recoverState: {
    summary: 'Brings back to a state store that has lost changes what this replica knows better.',
    method: 'POST',
    path: '/v1/state/recover',
    request: z.object({}),
    logged: [],
    isAct: true,
    status: 200,
    answer: recoveredSchema,
  },
} as const satisfies Record<string, AdminRoute>;

/** Every call of the admin API, by its operation's name. */
export type Routes = typeof routes;

/** The name of an operation of the admin API. */
export type OperationName = keyof Routes;

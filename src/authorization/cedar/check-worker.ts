import { parentPort, workerData } from 'node:worker_threads';
import type { PolicySource } from '../policy-source.js';
import { newCedar } from './cedar.js';
import { checkPolicies } from './check-policies.js';

parentPort?.postMessage(checkPolicies(newCedar(), workerData as PolicySource));

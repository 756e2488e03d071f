// Verifies a log as the built program does, and prints what it cost as one line of JSON.
//
// Usage: verification-process.mjs DIRECTORY PUBLIC-KEY
import { parseVerifierKey } from '../../../dist/transparency-log/signed-note.js';
import { verifyLog } from '../../../dist/audit/verify/verify.js';

const [directory = '', publicKey = ''] = process.argv.slice(2);
const keys = [parseVerifierKey(publicKey)];
const { records, findings } = await verifyLog({ directory, keys, keptCheckpoints: [] });
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ records, findings, cpuSeconds: (user + system) / 1e6 }));

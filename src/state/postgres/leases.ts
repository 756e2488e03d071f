import { LEASE_MS, type LeaseRenewal } from '../store.js';
import type { Tables } from './tables.js';
import { newerFormat, type Transaction, type Writer } from './writer.js';

/** Renews the lease of a replica, by the server's clock. @throws StateError */
export async function renewLease(
  writer: Writer,
  { leases }: Tables,
  { replica, name, version, format, applied }: LeaseRenewal,
): Promise<void> {
  const renew = async ({ ask, storeFormat }: Transaction) => {
    if (storeFormat > format) throw newerFormat(storeFormat, format);
    await ask(
      `INSERT INTO ${leases} VALUES ($1, $2, $3, $4, $5, ` +
        `clock_timestamp() + interval '${LEASE_MS} ms') ON CONFLICT (replica) DO UPDATE SET ` +
        'name = $2, version = $3, format = $4, applied = $5, ends_at = excluded.ends_at',
      [replica, name, version, format, applied],
    );
  };
  await writer.change(renew, renew);
}

/** Ends the lease of a replica. @throws StateError */
export async function endLease(writer: Writer, { leases }: Tables, replica: string): Promise<void> {
  const end = async ({ ask }: Transaction) => {
    await ask(`DELETE FROM ${leases} WHERE replica = $1`, [replica]);
  };
  await writer.change(end, end);
}

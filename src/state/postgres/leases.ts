import { LEASE_MS, type LeaseRenewal } from '../store.js';
import type { Tables } from './tables.js';
import { newerFormat, type Transaction, type Writer } from './writer.js';

/** The time from which on no lease ends, in SQL: a minute is for the clocks of two servers. */
const NO_LEASE_FROM = `clock_timestamp() + interval '${LEASE_MS + 60_000} ms'`;

/**
 * The condition of a lease that has not ended. One that ends in more than a minute is no replica's,
 * whatever the clocks of two servers are: it would hold up every new version until then.
 */
export const LIVE_LEASE = `(ends_at > clock_timestamp() AND ends_at < ${NO_LEASE_FROM})`;

/** The condition of a lease that is no replica's. */
export const STRAY_LEASE = `(ends_at >= ${NO_LEASE_FROM})`;

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

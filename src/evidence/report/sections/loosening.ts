import type { ConfigurationChange } from './configuration-changes.js';

/** A kind of change to the configuration that protects less than before. */
interface LooseningRule {
  /** Path of the setting, entries of lists by their names. */
  readonly path: RegExp;
  /** Tells whether a change of that setting loosens it. */
  readonly holds: (change: ConfigurationChange) => boolean;
  /** The effect of the change, as the report words it. */
  readonly what: string;
}

const added = ({ after }: ConfigurationChange) => after.length > 0;
const removed = ({ before }: ConfigurationChange) => before.length > 0;
const gone = ({ before, after }: ConfigurationChange) => before.length > 0 && after.length === 0;
const becomes =
  (value: string | boolean) =>
  ({ after }: ConfigurationChange) =>
    after.includes(value);
const rises = ({ before, after }: ConfigurationChange) => Number(after[0]) > Number(before[0]);
/** Also from no limit to one. */
const falls = ({ before, after }: ConfigurationChange) =>
  Number(after[0]) < Number(before[0] ?? Number.POSITIVE_INFINITY);

/** The changes that count as loosening. */
const RULES: readonly LooseningRule[] = [
  { path: /^keyStores\[.*\]\.exposes$/, holds: added, what: 'a key store exposes other keys' },
  {
    path: /^keyStores\[.*\]\.credentials\[.*\]\.accessKeyId$/,
    holds: added,
    what: 'a key store has another credential',
  },
  {
    path: /\.clientCertificates\.(?:allowedNames|roots)$/,
    holds: added,
    what: 'other clients may connect (mutual TLS)',
  },
  {
    path: /\.clientCertificates\.(?:allowedNames|roots)$/,
    holds: gone,
    what: 'clients need no certificate any more',
  },
  { path: /^listeners\[.*\]\.plainHttp$/, holds: becomes(true), what: 'a listener has no TLS' },
  {
    path: /^audit\.durability$/,
    holds: becomes('written'),
    what: 'answers no longer wait until their records are on the disk',
  },
  {
    path: /^audit\.lateSync$/,
    holds: becomes('answer'),
    what: 'answers may go out before their records are on the disk',
  },
  {
    path: /^audit\.onAuditFailure$/,
    holds: becomes('serve'),
    what: 'requests may be served without a record',
  },
  { path: /^audit\.retentionDays$/, holds: falls, what: 'records are removed earlier' },
  { path: /^audit\.sinks\[.*\]\.(?:name|carries)$/, holds: removed, what: 'a sink gets less' },
  {
    path: /^audit\.checkpoints\.every(?:Records|Ms)$/,
    holds: rises,
    what: 'the log is signed less often',
  },
  { path: /^operations\.host$/, holds: added, what: 'probes and metrics are served elsewhere' },
  { path: /^quickstart$/, holds: becomes(true), what: 'what is missing is made at a start' },
];

/** Says what a change of the configuration loosens; undefined where it loosens nothing. */
export function looseningOf(change: ConfigurationChange): string | undefined {
  return RULES.find(({ path, holds }) => path.test(change.path) && holds(change))?.what;
}

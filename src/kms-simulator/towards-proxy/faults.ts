import { z } from 'zod';

/**
 * The harm that the simulator does to its own calls of the proxy when it is asked to. Everything
 * is off until it is set, and can be changed while the simulator runs.
 */
export const faultsSchema = z.strictObject({
  /** Time in ms that the network takes for each attempt; it counts in the 250 ms. */
  latencyMs: z.int().min(0).max(60_000).default(0),
  /** Share of attempts whose connection is lost once the request is sent, 0 to 1. */
  lostConnections: z.number().min(0).max(1).default(0),
  /** Seconds by which KMS's clock goes ahead of the true time, or behind it. */
  clockSkewSeconds: z.int().min(-86_400).max(86_400).default(0),
  /** Region that requests are signed for, in place of the simulator's own. */
  signedRegion: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .optional(),
  /** Days to the expiry of the proxy's certificate that CloudWatch is told. */
  certificateDaysToExpire: z.int().min(-3650).max(3650).optional(),
});

/** The faults in force. */
export type Faults = Readonly<z.infer<typeof faultsSchema>>;

/** The faults in force, which can be exchanged for others at any time. */
export class FaultSwitch {
  #faults: Faults;

  constructor(faults: Faults = faultsSchema.parse({})) {
    this.#faults = faults;
  }

  get inForce(): Faults {
    return this.#faults;
  }

  /** @param settings those that are absent are off */
  set(settings: unknown): Faults {
    this.#faults = faultsSchema.parse(settings);
    return this.#faults;
  }
}

import { LifecycleError } from '../lifecycle/lifecycle-error.js';
import type { LifecyclePorts } from '../lifecycle/lifecycle-ports.js';

const FIRST_MS = 60_000;
const LONGEST_MS = 6 * 3_600_000;

interface Failed {
  readonly times: number;
  /** Monotonic time, in ms. */
  readonly retryAt: number;
}

/** The key manager whose keys are worked at, and the clock of its acts. */
interface RetriesPorts extends Pick<LifecyclePorts, 'clock'> {
  readonly keyManager: Pick<LifecyclePorts['keyManager'], 'name'>;
}

/**
 * Attempts at keys that are made again and again until they succeed. After a failure the next one
 * waits: a minute first, twice as long each time.
 */
export class Retries {
  readonly #failed = new Map<string, Failed>();

  /**
   * Does something, unless it has to wait after a failure. Where somebody else is at the key, or
   * has been, that is none: the next round looks again.
   *
   * @param onFailure tells of a failure
   */
  async attempt(
    { keyManager, clock }: RetriesPorts,
    externalKeyId: string,
    work: () => Promise<void>,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    const id = `${keyManager.name}/${externalKeyId}`;
    const failed = this.#failed.get(id);
    if (failed !== undefined && clock.monotonic() < failed.retryAt) return;
    try {
      await work();
      this.#failed.delete(id);
    } catch (error) {
      if (error instanceof LifecycleError && error.code === 'conflict') return;
      const times = (failed?.times ?? 0) + 1;
      const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1));
      this.#failed.set(id, { times, retryAt: clock.monotonic() + waitMs });
      onFailure(error);
    }
  }
}

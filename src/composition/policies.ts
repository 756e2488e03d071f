import { setImmediate as turn } from 'node:timers/promises';
import { Authorizer } from '../authorization/authorizer.js';
import type { BreakGlassOpenings } from '../authorization/break-glass/break-glass.js';
import type { CheckedPolicies } from '../authorization/cedar/check-policies.js';
import { CedarEngine } from '../authorization/cedar/engine.js';
import { type PolicySlot, PolicySlots } from '../authorization/cedar/slots.js';
import { keepPolicySet } from '../authorization/kept-sets.js';
import { CountsByKeyStore, newPolicyCounts } from '../authorization/policy-counts.js';
import { policySetHash } from '../authorization/policy-source.js';
import { Shadow, type ShadowDifference } from '../authorization/shadow.js';
import { placeProblem, type LoadedConfiguration } from '../configuration/configuration-file.js';
import { checkPolicySources, type ConfiguredPolicies } from '../configuration/policy-sources.js';
import { ConfigurationError } from '../configuration/reading/problem.js';
import type { PolicySample } from '../observability/policy-metrics.js';
import type { Logger } from '../observability/logger.js';
import type { ServedPolicies } from '../pipeline/context.js';
import type { Clock } from '../shared/clock.js';
import { FirstPerMinute } from '../shared/first-per-minute.js';

/** The parts with which policies of any generation work. */
export interface PolicyEnginePorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly breakGlass: BreakGlassOpenings;
}

/** The policies of one generation. */
export interface GenerationPolicies {
  /** By the names of the key stores that have any. */
  readonly byKeyStore: ReadonlyMap<string, ServedPolicies>;
  /** Frees them, once the last request that began on the generation has ended. */
  release(): void;
}

const NONE: GenerationPolicies = { byKeyStore: new Map(), release: () => undefined };

/** A set of policies with what the check has made of it. */
interface CheckedSet extends ConfiguredPolicies {
  readonly checked: CheckedPolicies;
}

/** Differences that are logged in a minute; all are counted. */
const TOLD_DIFFERENCES = { told: 20, ofEachKind: true };

/**
 * The engine of all policies, which lives as long as the process. Without policies there is none:
 * it takes 20 MB.
 */
export class PolicyEngine {
  readonly breakGlass: BreakGlassOpenings;
  readonly counts = new CountsByKeyStore();
  readonly #ports: PolicyEnginePorts;
  readonly #differences: FirstPerMinute;
  #slots: PolicySlots | undefined;

  constructor(ports: PolicyEnginePorts) {
    this.#ports = ports;
    this.breakGlass = ports.breakGlass;
    const now = () => new Date(ports.clock.now()).toISOString();
    this.#differences = new FirstPerMinute(
      now,
      (omitted) => {
        ports.log.info(omitted, 'more requests that a candidate decides otherwise');
      },
      TOLD_DIFFERENCES,
    );
  }

  /**
   * Checks the policies of a configuration, keeps them by their hashes and parses them.
   *
   * @throws ConfigurationError, NoSlotError while two generations are in use, CedarError, or the
   *   file system's error
   */
  async open(loaded: LoadedConfiguration): Promise<GenerationPolicies> {
    if (loaded.policies.length === 0) return NONE;
    const { checked, problems } = await checkPolicySources(loaded.policies);
    if (problems.length > 0) {
      const { locate } = loaded.source;
      throw new ConfigurationError(
        loaded.file,
        problems.map((problem) => placeProblem(problem, locate)),
      );
    }
    for (const { source } of loaded.policies) {
      await keepPolicySet(loaded.configuration.stateDirectory, source);
    }
    this.#slots ??= new PolicySlots(new CedarEngine(this.#ports.clock));
    const slot = this.#slots.claim();
    try {
      return await this.#parse(withChecks(loaded.policies, checked), slot);
    } catch (error) {
      slot.release();
      throw error;
    }
  }

  /** The counts of every key store that has had policies. */
  sample(): readonly PolicySample[] {
    return [...this.counts.all()].map(([keyStore, counts]) => ({ keyStore, ...counts }));
  }

  async #parse(sets: readonly CheckedSet[], slot: PolicySlot): Promise<GenerationPolicies> {
    const byKeyStore = new Map<string, ServedPolicies>();
    const shadows: Shadow[] = [];
    for (const set of sets.filter(({ shadow }) => shadow === undefined)) {
      const { keyStore } = set.source;
      const authorizer = await this.#authorizer(set, slot, this.counts.of(keyStore));
      const candidate = sets.find((each) => each.shadow && each.source.keyStore === keyStore);
      const shadow = candidate && (await this.#shadow(candidate, slot));
      if (shadow !== undefined) shadows.push(shadow);
      byKeyStore.set(keyStore, { authorizer, shadow, breakGlass: this.breakGlass });
    }
    const release = (): void => {
      for (const shadow of shadows) shadow.close();
      slot.release();
    };
    return { byKeyStore, release };
  }

  #authorizer(
    { source, checked }: CheckedSet,
    slot: PolicySlot,
    counts = newPolicyCounts(),
  ): Promise<Authorizer> {
    const { keyStore, timeZone } = source;
    const config = { keyStore, timeZone, policySet: policySetHash(source), checked };
    return Authorizer.open(config, { slot, counts, breathe: () => turn() });
  }

  async #shadow(set: CheckedSet, slot: PolicySlot): Promise<Shadow | undefined> {
    if (set.shadow === undefined) return undefined;
    const { samplePercent, cpuPercent } = set.shadow;
    return new Shadow({
      ...{ samplePercent, cpuPercent },
      candidate: await this.#authorizer(set, slot),
      counts: this.counts.of(set.source.keyStore),
      clock: this.#ports.clock,
      random: () => Math.random(),
      onDifference: (difference) => {
        this.#tellDifference(set.source.keyStore, difference);
      },
    });
  }

  #tellDifference(
    keyStore: string,
    { request, inForce, candidate, kmsRequestId }: ShadowDifference,
  ): void {
    if (!this.#differences.isTold(keyStore)) return;
    const { action: operation, externalKeyId, awsPrincipalArn } = request;
    const asked = { keyStore, operation, externalKeyId, awsPrincipalArn, kmsRequestId };
    const wouldBe = { decision: candidate.decision, policies: candidate.policies };
    const is = { decision: inForce.decision, policies: inForce.policies };
    this.#ports.log.info(
      { ...asked, inForce: is, candidate: wouldBe, policySet: candidate.policySet },
      'a candidate decides otherwise',
    );
  }
}

function withChecks(
  policies: readonly ConfiguredPolicies[],
  checked: readonly CheckedPolicies[],
): readonly CheckedSet[] {
  return policies.map((set, index) => ({
    ...set,
    checked: checked[index] ?? { layers: [], problems: [] },
  }));
}

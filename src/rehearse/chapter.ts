import type { Scene } from './scene.js';

/** A part of the story: something that is done at KMS, and what has to come of it. */
export interface Chapter {
  /** Name for programs, in kebab-case. */
  readonly name: string;
  /** Name for people, which begins with a verb. */
  readonly title: string;
  /**
   * Plays the chapter.
   *
   * @returns plain sentences that say what happened
   * @throws NotAsExpected, KmsError, Skipped or NotLookedAt
   */
  play(scene: Scene): Promise<readonly string[]>;
}

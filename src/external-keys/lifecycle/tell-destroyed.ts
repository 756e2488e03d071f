import type { Destroyed } from '../certificates.js';
import type { Done } from '../imported.js';
import type { KeyRecord } from '../record.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

/** A destruction that an act has done. */
export interface DoneDestruction
  extends Pick<Destroyed, 'extent' | 'version' | 'materials' | 'asked' | 'masterKeyId'> {
  readonly done: Done;
  /** True for one that an audit log has told of: it was certified when it was done first. */
  readonly isTold: boolean;
}

/**
 * Certifies a destruction, and tells people of it.
 *
 * @throws StateError
 */
export async function tellDestroyed(
  { keyManager, events, certificates, replica }: LifecyclePorts,
  { externalKeyId, created }: Pick<KeyRecord, 'externalKeyId' | 'created'>,
  { done, isTold, ...destroyed }: DoneDestruction,
): Promise<void> {
  const { extent, version, materials, asked } = destroyed;
  const subject = { keyManager: keyManager.name, externalKeyId };
  const certificate = { ...subject, ...destroyed, created, replica, destroyedAt: done.at };
  const isCertified = !isTold && (await certificates.issue(certificate));
  const command = `holdfast keys certificate ${externalKeyId}`;
  const ofVersion = version === undefined ? '' : ` --version ${version}`;
  events.tell({
    ...{ event: 'key-destroyed', ...subject, extent },
    ...(version !== undefined && { keyVersion: version }),
    materialNames: materials.map(({ materialName }) => materialName),
    by: asked?.by ?? done.by,
    certificate: isCertified ? `${command}${ofVersion}` : undefined,
  });
}

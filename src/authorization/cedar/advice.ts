import type { CheckedPolicy } from './check-policies.js';

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/(?<path>.+)$/u;

/** Finds what a policy says that is allowed and probably meant otherwise. */
export function adviceOn({ scope, id, file, line }: CheckedPolicy): readonly string[] {
  const { place } = scope;
  if (place?.of !== 'principal') return [];
  const path = ROLE.exec(place.entity.id)?.groups?.['path'];
  if (path === undefined) return [];
  const where = `${file}, line ${line} (${id})`;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const advice: string[] = [];
  if (place.relation === '==') {
    advice.push(`${where}: principal == a role leaves its sessions out; write principal in`);
  }
  if (name !== path) {
    advice.push(
      `${where}: sessions have lost the path of their role; write role/${name}, which is the same role`,
    );
  }
  return advice;
}

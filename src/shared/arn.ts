/** Place in `arn:partition:service:region:account:resource`. */
const REGION = 3;
const ACCOUNT = 4;

/** The region in an ARN. @returns undefined for what is no ARN, or names none */
export function regionIn(arn: string | undefined): string | undefined {
  return arnPart(arn, REGION);
}

/** The account id in an ARN. @returns undefined for what is no ARN, or names none */
export function accountIn(arn: string | undefined): string | undefined {
  return arnPart(arn, ACCOUNT);
}

function arnPart(arn: string | undefined, place: number): string | undefined {
  if (arn?.startsWith('arn:') !== true) return undefined;
  let start = 0;
  for (let colons = 0; colons < place; colons += 1) {
    const colon = arn.indexOf(':', start);
    if (colon < 0) return undefined;
    start = colon + 1;
  }
  const end = arn.indexOf(':', start);
  return end > start ? arn.slice(start, end) : undefined;
}

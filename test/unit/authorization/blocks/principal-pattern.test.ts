import { expect, it } from 'vitest';
import {
  compilePrincipalPattern,
  fitsNobody,
  missesRole,
  missesSessions,
} from '../../../../src/authorization/blocks/principal-pattern.js';

const IAM = 'arn:aws:iam::111122223333';
const STS = 'arn:aws:sts::111122223333';

it.each([
  [`${IAM}:role/Payroll`, `${IAM}:role/Payroll`, true],
  [`${IAM}:role/Payroll`, `${IAM}:role/PayrollAdmin`, false],
  [`${IAM}:role/Payroll`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:role/team/Payroll`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:role/team/Payroll`, `${IAM}:role/Payroll`, false],
  [`${IAM}:role/Pay*`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:role/*`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:role/team/*`, `${IAM}:role/team/Payroll`, true],
  [`${IAM}:role/team/*`, `${STS}:assumed-role/Payroll/alice`, false],
  [`${STS}:assumed-role/Payroll/*`, `${IAM}:role/Payroll`, true],
  [`${STS}:assumed-role/Payroll/*`, `${IAM}:role/team/Payroll`, true],
  [`${STS}:assumed-role/Payroll/alice`, `${IAM}:role/Payroll`, false],
  [`${STS}:assumed-role/Payroll/alice`, `${STS}:assumed-role/Payroll/bob`, false],
  [`${IAM}:role/Payroll`, `${IAM}:role/team/Payroll`, true],
  [`${IAM}:role/Payroll`, `${IAM}:role/team/PayrollAdmin`, false],
  [`${IAM}:role/Payroll`, `${IAM}:user/Payroll`, false],
  [`${IAM}:user/eve`, `${IAM}:user/team/eve`, true],
  [`${IAM}:user/team/eve`, `${IAM}:user/eve`, false],
  [`${IAM}:user/eve`, `${IAM}:role/eve`, false],
  [`${IAM}:role/team/Pay*`, `${IAM}:role/other/Payroll`, false],
  [`${IAM}:role/payroll`, `${STS}:assumed-role/Payroll/alice`, true],
  ['*role/Payroll', `${STS}:assumed-role/Payroll/alice`, true],
  ['*:role/team/Payroll', `${STS}:assumed-role/Payroll/alice`, true],
  ['arn:aws:iam::1111*:role/Payroll', `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:role*`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${STS}:assumed-role/*`, `${IAM}:role/team/Payroll`, true],
  [`${STS}:assumed-role/*`, `${IAM}:user/alice`, false],
  [`${STS}:assumed-role/Payroll`, `${IAM}:role/Payroll`, false],
  [`${IAM}:*`, `${STS}:assumed-role/Payroll/alice`, true],
  [`${IAM}:*`, `${STS}:federated-user/alice`, true],
  [`${IAM}:*`, 'arn:aws:iam::444455556666:user/alice', false],
  ['arn:aws:iam::*:user/alice', 'arn:aws:iam::444455556666:user/alice', true],
  [
    'arn:aws-us-gov:iam::111122223333:role/R',
    'arn:aws-us-gov:sts::111122223333:assumed-role/R/s',
    true,
  ],
  ['ec2.amazonaws.com', 'ec2.amazonaws.com', true],
  ['*', 'AWS Internal', true],
])('%s and the principal %s → %s', (pattern, principal, fits) => {
  expect(compilePrincipalPattern(pattern)(principal)).toBe(fits);
});

it.each([
  [`${IAM}:role/team/*`, true],
  [`${IAM}:role/*`, false],
  [`${IAM}:role/team/Payroll`, false],
  ['*:role/team/*', true],
  [`${IAM}:role*`, false],
  ['arn:aws:sts::111122223333:assumed-role/R/*', false],
])('%s is for roles by their path alone → %s', (pattern, misses) => {
  expect(missesSessions(pattern)).toBe(misses);
});

it.each([
  ['arn:aws:sts::111122223333:assumed-role/R/s', true],
  ['arn:aws:sts::111122223333:assumed-role/R/s*', true],
  ['arn:aws:sts::111122223333:assumed-role/R/*', false],
  ['arn:aws:sts::111122223333:assumed-role/R', false],
  [`${IAM}:role/assumed-role/x/s`, false],
  [`${IAM}:role/R`, false],
])('%s is for some sessions of a role → %s', (pattern, misses) => {
  expect(missesRole(pattern)).toBe(misses);
});

it.each([
  ['alice', true],
  ['role/team/*', true],
  ['user/alice', true],
  ['111122223333', true],
  ['ec2', true],
  ['arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', true],
  ['arn:aws-us-gov:s3:::bucket', true],
  [`${STS}:assumed-role/Payroll`, true],
  [`${STS}:assumed-role/Payroll/alice`, false],
  [`${STS}:assumed-role/Pay*`, false],
  ['arn:*:key/payroll', false],
  ['arn:aws:*:role/R', false],
  [`${IAM}:user/alice`, false],
  ['ARN:aws:iam::111122223333:user/alice', false],
  ['ar*alice', false],
  ['*user/alice', false],
  ['*', false],
  ['ec2.amazonaws.com', false],
  ['ec2.*', false],
  ['ec2.amazonaws.com.cn', false],
])('%s can fit nobody → %s', (pattern, fits) => {
  expect(fitsNobody(pattern)).toBe(fits);
});

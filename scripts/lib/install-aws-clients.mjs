import { existsSync } from 'node:fs';
import { aptInstall } from './apt.mjs';
import { installPythonPackage } from './install-python-package.mjs';

/** The AWS CLI 1 that tests run. */
const awscliVersion = '1.46.3';
/** boto3, and what both of them need. */
const others = [
  'boto3==1.44.8',
  'botocore==1.44.8',
  's3transfer==0.19.3',
  'colorama==0.4.6',
  'docutils==0.19',
  'jmespath==1.1.0',
  'pyasn1==0.6.5',
  'python-dateutil==2.9.0.post0',
  'PyYAML==6.0.4',
  'rsa==4.7.2',
  'six==1.17.0',
  'urllib3==2.8.0',
];

/** Path of Debian's own: another `aws` may come first on the PATH. */
const debianCli = '/usr/bin/aws';

/**
 * Installs AWS's Python clients beside the project, once: boto3, and the AWS CLI 1, which is
 * `python3 -m awscli`.
 *
 * @returns {Promise<string>} the folder that they lie in, for PYTHONPATH
 * @throws {Error} when there is no Python with pip, or no such package for this platform
 */
export function installAwsPythonClients() {
  return installPythonPackage('awscli', awscliVersion, others);
}

/**
 * The AWS CLI 2 of Debian, installed where that is ours to do: as root on a system with apt.
 *
 * @returns {Promise<string>} path of `aws`
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installAwsCli2() {
  if (!existsSync(debianCli)) await aptInstall(['awscli']);
  if (existsSync(debianCli)) return debianCli;
  throw new Error('The AWS CLI 2 is missing: apt-get install awscli');
}

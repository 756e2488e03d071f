import { makeNssToken, nssModule } from '../support/nss.js';
import { runPkcs11Contract } from '../support/pkcs11-contract.js';
import { describeWithModule } from '../support/pkcs11-suite.js';

describeWithModule('the pkcs11 key manager on NSS softokn', nssModule, () => {
  runPkcs11Contract(makeNssToken);
});

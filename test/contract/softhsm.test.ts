import { runPkcs11Contract } from '../support/pkcs11-contract.js';
import { describeWithModule } from '../support/pkcs11-suite.js';
import { makeSoftHsmToken, softHsmModule } from '../support/softhsm.js';

describeWithModule('the pkcs11 key manager on SoftHSM', softHsmModule, () => {
  runPkcs11Contract(makeSoftHsmToken);
});

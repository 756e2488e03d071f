/** One certificate authority that AWS KMS trusts. */
export interface TrustedAuthority {
  readonly name: string;
  /** SHA-256 of its certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** The origin of the list. */
export const TRUSTED_AUTHORITIES_SOURCE = {
  repository: 'https://github.com/aws/aws-kms-xksproxy-api-spec',
  file: 'TrustedCertificateAuthorities',
  commit: 'd55fc09eb8eebef592f58e1a5a202985fce964fa',
  date: '2022-11-10',
} as const;

/** Names by fingerprint, in the order of the list. */
const NAMES: Readonly<Record<string, string>> = {
  '9a6ec012e1a7da9dbe34194d478ad7c0db1822fb071df12981496ed104384113':
    'C=ES, O=ACCV, OU=PKIACCV, CN=ACCVRAIZ1',
  ebc5570c29018c4d67b1aa127baf12f703b4611ebc17b7dab5573894179b93fa:
    'OU=AC RAIZ FNMT-RCM, O=FNMT-RCM, C=ES',
  '554153b13d2cf9ddb753bfbe1a4e0ae08d0aa4187058fe60a2b862b2e4b87bcb':
    'CN=AC RAIZ FNMT-RCM SERVIDORES SEGUROS, OID.2.5.4.97=VATES-Q2826004J, OU=Ceres, O=FNMT-RCM, C=ES',
  '55926084ec963a64b96e2abe01ce0ba86a64fbfebcc7aab5afc155b37fd76066':
    'CN=Actalis Authentication Root CA, O=Actalis S.p.A./03358520967, L=Milan, C=IT',
  '0376ab1d54c5f9803ce4b2e201a0ee7eef7b57b636e8a93c9b8d4860c96f5fa7':
    'CN=AffirmTrust Commercial, O=AffirmTrust, C=US',
  '0a81ec5a929777f145904af38d5d509f66b5e2c58fcdb531058b0e17f3f0b41b':
    'CN=AffirmTrust Networking, O=AffirmTrust, C=US',
  '70a73f7f376b60074248904534b11482d5bf0e698ecc498df52577ebf2e93b9a':
    'CN=AffirmTrust Premium, O=AffirmTrust, C=US',
  bd71fdf6da97e4cf62d1647add2581b07d79adf8397eb4ecba9c5e8488821423:
    'CN=AffirmTrust Premium ECC, O=AffirmTrust, C=US',
  '8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e':
    'CN=Amazon Root CA 1, O=Amazon, C=US',
  '1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4':
    'CN=Amazon Root CA 2, O=Amazon, C=US',
  '18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4':
    'CN=Amazon Root CA 3, O=Amazon, C=US',
  e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092:
    'CN=Amazon Root CA 4, O=Amazon, C=US',
  fb8fec759169b9106b1e511644c618c51304373f6c0643088d8beffd1b997599:
    'CN=ANF Secure Server Root CA, OU=ANF CA Raiz, O=ANF Autoridad de Certificacion, C=ES, SERIALNUMBER=G63287510',
  f356bea244b7a91eb35d53ca9ad7864ace018e2d35d5f8f96ddf68a6f41aa474:
    'C=DE, O=Atos, CN=Atos TrustedRoot 2011',
  '04048028bf1f2864d48f9ad4d83294366a828856553f3b14303f90147f5d40ef':
    'CN=Autoridad de Certificacion Firmaprofesional CIF A62634068, C=ES',
  '16af57a9f676b0ab126095aa5ebadef22ab31119d644ac95cd4b93dbf3f26aeb':
    'CN=Baltimore CyberTrust Root, OU=CyberTrust, O=Baltimore, C=IE',
  '9a114025197c5bb95d94e63d55cd43790847b646b23cdf11ada4a00eff15fb48':
    'CN=Buypass Class 2 Root CA, O=Buypass AS-983163327, C=NO',
  edf7ebbca27a2a384d387b7d4010c666e2edb4843e4c29b4ae1d5b9332e6b24d:
    'CN=Buypass Class 3 Root CA, O=Buypass AS-983163327, C=NO',
  e23d4a036d7b70e9f595b1422079d2b91edfbb1fb651a0633eaa8a9dc5f80703:
    'CN=CA Disig Root R2, O=Disig a.s., L=Bratislava, C=SK',
  e3b6a2db2ed7ce48842f7ac53241c7b71d54144bfb40c11f3f1d0b42f5eea12d:
    'CN=Certigna, O=Dhimyotis, C=FR',
  d48d3d23eedb50a459e55197601c27774b9d7b18c94d5a059511a10250b93168:
    'CN=Certigna Root CA, OU=0002 48146308100036, O=Dhimyotis, C=FR',
  eaa962c4fa4a6bafebe415196d351ccd888d4f53f3fa8ae6d7c466a94e6042bb:
    'OU=certSIGN ROOT CA, O=certSIGN, C=RO',
  '657cfe2fa73faa38462571f332a2363a46fce7020951710702cdfbb6eeda3305':
    'OU=certSIGN ROOT CA G2, O=CERTSIGN SA, C=RO',
  '6b328085625318aa50d173c98d8bda09d57e27413d114cf787a0f5d06c030cf6':
    'CN=Certum EC-384 CA, OU=Certum Certification Authority, O=Asseco Data Systems S.A., C=PL',
  '5c58468d55f58e497e743982d2b50010b6d165374acf83a7d4a32db768c4408e':
    'CN=Certum Trusted Network CA, OU=Certum Certification Authority, O=Unizeto Technologies S.A., C=PL',
  b676f2eddae8775cd36cb0f63cd1d4603961f49e6265ba013a2f0307b6d0b804:
    'CN=Certum Trusted Network CA 2, OU=Certum Certification Authority, O=Unizeto Technologies S.A., C=PL',
  fe7696573855773e37a95e7ad4d9cc96c30157c15d31765ba9b15704e1ae78fd:
    'CN=Certum Trusted Root CA, OU=Certum Certification Authority, O=Asseco Data Systems S.A., C=PL',
  '5cc3d78e4e1d5e45547a04e6873e64f90cf9536d1ccc2ef800f355c4c5fd70fd':
    'CN=CFCA EV ROOT, O=China Financial Certification Authority, C=CN',
  d7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4:
    'CN=AAA Certificate Services, O=Comodo CA Limited, L=Salford, ST=Greater Manchester, C=GB',
  '0c2cd63df7806fa399ede809116b575bf87989f06518f9808c860503178baf66':
    'CN=COMODO Certification Authority, O=COMODO CA Limited, L=Salford, ST=Greater Manchester, C=GB',
  '1793927a0614549789adce2f8f34f7f0b66d0f3ae3a3b84d21ec15dbba4fadc7':
    'CN=COMODO ECC Certification Authority, O=COMODO CA Limited, L=Salford, ST=Greater Manchester, C=GB',
  '52f0e1c4e58ec629291b60317f074671b85d7ea80d5b07273463534b32b40234':
    'CN=COMODO RSA Certification Authority, O=COMODO CA Limited, L=Salford, ST=Greater Manchester, C=GB',
  '960adf0063e96356750c2965dd0a0867da0b9cbd6e77714aeafb2349ab393da3':
    'CN=Cybertrust Global Root, O="Cybertrust, Inc"',
  '3e9099b5015e8f486c00bcea9d111ee721faba355a89bcf1df69561e3dc6325c':
    'CN=DigiCert Assured ID Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '7d05ebb682339f8c9451ee094eebfefa7953a114edb2f44949452fab7d2fc185':
    'CN=DigiCert Assured ID Root G2, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '7e37cb8b4c47090cab36551ba6f45db840680fba166a952db100717f43053fc2':
    'CN=DigiCert Assured ID Root G3, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161':
    'CN=DigiCert Global Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US',
  cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f:
    'CN=DigiCert Global Root G2, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0':
    'CN=DigiCert Global Root G3, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '7431e5f4c3c1ce4690774f0b61e05440883ba9a01ed00ba6abd7806ed3b118cf':
    'CN=DigiCert High Assurance EV Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988':
    'CN=DigiCert Trusted Root G4, OU=www.digicert.com, O=DigiCert Inc, C=US',
  '49e7a442acf0ea6287050054b52564b650e4f49e42e348d6aa38e039e957b1c1':
    'CN=D-TRUST Root Class 3 CA 2 2009, O=D-Trust GmbH, C=DE',
  eec5496b988ce98625b934092eec2908bed0b0f316c2d4730c84eaf1f3d34881:
    'CN=D-TRUST Root Class 3 CA 2 EV 2009, O=D-Trust GmbH, C=DE',
  '88497f01602f3154246ae28c4d5aef10f1d87ebb76626f4ae0b7f95ba7968799':
    'CN=EC-ACC, OU=Jerarquia Entitats de Certificacio Catalanes, OU=Vegeu https://www.catcert.net/verarrel (c)03, OU=Serveis Publics de Certificacio, O=Agencia Catalana de Certificacio (NIF Q-0801176-I), C=ES',
  bc4d809b15189d78db3e1d8cf4f9726a795da1643ca5f1358e1ddb0edc0d7eb3:
    'CN=emSign ECC Root CA - C3, O=eMudhra Inc, OU=emSign PKI, C=US',
  '86a1ecba089c4a8d3bbe2734c612ba341d813e043cf9e8a862cd5c57a36bbe6b':
    'CN=emSign ECC Root CA - G3, O=eMudhra Technologies Limited, OU=emSign PKI, C=IN',
  '125609aa301da0a249b97a8239cb6a34216f44dcac9f3954b14292f2e8c8608f':
    'CN=emSign Root CA - C1, O=eMudhra Inc, OU=emSign PKI, C=US',
  '40f6af0346a99aa1cd1d555a4e9cce62c7f9634603ee406615833dc8c8d00367':
    'CN=emSign Root CA - G1, O=eMudhra Technologies Limited, OU=emSign PKI, C=IN',
  '6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177':
    'CN=Entrust.net Certification Authority (2048), OU=(c) 1999 Entrust.net Limited, OU=www.entrust.net/CPS_2048 incorp. by ref. (limits liab.), O=Entrust.net',
  '73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c':
    'CN=Entrust Root Certification Authority, OU="(c) 2006 Entrust, Inc.", OU=www.entrust.net/CPS is incorporated by reference, O="Entrust, Inc.", C=US',
  '02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5':
    'CN=Entrust Root Certification Authority - EC1, OU="(c) 2012 Entrust, Inc. - for authorized use only", OU=See www.entrust.net/legal-terms, O="Entrust, Inc.", C=US',
  '43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339':
    'CN=Entrust Root Certification Authority - G2, OU="(c) 2009 Entrust, Inc. - for authorized use only", OU=See www.entrust.net/legal-terms, O="Entrust, Inc.", C=US',
  db3517d1f6732a2d5ab97c533ec70779ee3270a62fb4ac4238372460e6f01e88:
    'CN=Entrust Root Certification Authority - G4, OU="(c) 2015 Entrust, Inc. - for authorized use only", OU=See www.entrust.net/legal-terms, O="Entrust, Inc.", C=US',
  c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5:
    'OU=ePKI Root Certification Authority, O="Chunghwa Telecom Co., Ltd.", C=TW',
  beb00b30839b9bc32c32e4447905950641f26421b15ed089198b518ae2ea1b99:
    'CN=e-Szigno Root CA 2017, OID.2.5.4.97=VATHU-23584497, O=Microsec Ltd., L=Budapest, C=HU',
  b0bfd52bb0d7d9bd92bf5d4dc13da255c02c542f378365ea893911f55e55f23c:
    'CN=E-Tugra Certification Authority, OU=E-Tugra Sertifikasyon Merkezi, O=E-Tuğra EBG Bilişim Teknolojileri ve Hizmetleri A.Ş., L=Ankara, C=TR',
  bfff8fd04433487d6a8aa60c1a29767a9fc2bbb05e420f713a13b992891d3893:
    'CN=GDCA TrustAUTH R5 ROOT, O="GUANG DONG CERTIFICATE AUTHORITY CO.,LTD.", C=CN',
  bec94911c2955676db6c0a550986d76e3ba005667c442c9762b4fbb773de228c:
    'CN=GlobalSign, O=GlobalSign, OU=GlobalSign ECC Root CA - R4',
  '179fbc148a3dd00fd24ea13458cc43bfa7f59c8182d783a513f6ebec100c8924':
    'CN=GlobalSign, O=GlobalSign, OU=GlobalSign ECC Root CA - R5',
  ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99:
    'CN=GlobalSign Root CA, OU=Root CA, O=GlobalSign nv-sa, C=BE',
  ca42dd41745fd0b81eb902362cf9d8bf719da1bd1b1efc946f5b4c99f42c1b9e:
    'CN=GlobalSign, O=GlobalSign, OU=GlobalSign Root CA - R2',
  cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b:
    'CN=GlobalSign, O=GlobalSign, OU=GlobalSign Root CA - R3',
  '2cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69':
    'CN=GlobalSign, O=GlobalSign, OU=GlobalSign Root CA - R6',
  cbb9c44d84b8043e1050ea31a69f514955d7bfd2e2c6b49301019ad61d9f5058:
    'CN=GlobalSign Root E46, O=GlobalSign nv-sa, C=BE',
  '4fa3126d8d3a11d1c4855a4f807cbad6cf919d3a5a88b03bea2c6372d93c40c9':
    'CN=GlobalSign Root R46, O=GlobalSign nv-sa, C=BE',
  '9a296a5182d1d451a2e37f439b74daafa267523329f90f9a0d2007c334e23c9a':
    'CN=GLOBALTRUST 2020, O=e-commerce monitoring GmbH, C=AT',
  c3846bf24b9e93ca64274c0ec67c1ecc5e024ffcacd2d74019350e81fe546ae4:
    'OU=Go Daddy Class 2 Certification Authority, O="The Go Daddy Group, Inc.", C=US',
  '45140b3247eb9cc8c5b4f0d7b53091f73292089e6e5a63e2749dd3aca9198eda':
    'CN=Go Daddy Root Certificate Authority - G2, O="GoDaddy.com, Inc.", L=Scottsdale, ST=Arizona, C=US',
  '2a575471e31340bc21581cbd2cf13e158463203ece94bcf9d3cc196bf09a5472':
    'CN=GTS Root R1, O=Google Trust Services LLC, C=US',
  c45d7bb08e6d67e62e4235110b564e5f78fd92ef058c840aea4e6455d7585c60:
    'CN=GTS Root R2, O=Google Trust Services LLC, C=US',
  '15d5b8774619ea7d54ce1ca6d0b0c403e037a917f131e8a04e1e6b7a71babce5':
    'CN=GTS Root R3, O=Google Trust Services LLC, C=US',
  '71cca5391f9e794b04802530b363e121da8a3043bb26662fea4dca7fc951a4bd':
    'CN=GTS Root R4, O=Google Trust Services LLC, C=US',
  '3f99cc474acfce4dfed58794665e478d1547739f2e780f1bb4ca9b133097d401':
    'CN=HARICA TLS ECC Root CA 2021, O=Hellenic Academic and Research Institutions CA, C=GR',
  d95d0e8eda79525bf9beb11b14d2100d3294985f0c62d9fabd9cd999eccb7b1d:
    'CN=HARICA TLS RSA Root CA 2021, O=Hellenic Academic and Research Institutions CA, C=GR',
  '44b545aa8a25e65a73ca15dc27fc36d24c1cb9953a066539b11582dc487b4833':
    'CN=Hellenic Academic and Research Institutions ECC RootCA 2015, O=Hellenic Academic and Research Institutions Cert. Authority, L=Athens, C=GR',
  bc104f15a48be709dca542a7e1d4b9df6f054527e802eaa92d595444258afe71:
    'CN=Hellenic Academic and Research Institutions RootCA 2011, O=Hellenic Academic and Research Institutions Cert. Authority, C=GR',
  a040929a02ce53b4acf4f2ffc6981ce4496f755e6d45fe0b2a692bcd52523f36:
    'CN=Hellenic Academic and Research Institutions RootCA 2015, O=Hellenic Academic and Research Institutions Cert. Authority, L=Athens, C=GR',
  f9e67d336c51002ac054c632022d66dda2e7e3fff10ad061ed31d8bbb410cfb2:
    'CN=Hongkong Post Root CA 1, O=Hongkong Post, C=HK',
  '5a2fc03f0c83b090bbfa40604b0988446c7636183df9846e17101a447fb8efd6':
    'CN=Hongkong Post Root CA 3, O=Hongkong Post, L=Hong Kong, ST=Hong Kong, C=HK',
  '5d56499be4d2e08bcfcad08a3e38723d50503bde706948e42f55603019e528ae':
    'CN=IdenTrust Commercial Root CA 1, O=IdenTrust, C=US',
  '30d0895a9a448a262091635522d1f52010b5867acae12c78ef958fd4f4389f2f':
    'CN=IdenTrust Public Sector Root CA 1, O=IdenTrust, C=US',
  '96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6':
    'CN=ISRG Root X1, O=Internet Security Research Group, C=US',
  '2530cc8e98321502bad96f9b1fba1b099e2d299e0f4548bb914f363bc0d4531f':
    'CN=Izenpe.com, O=IZENPE S.A., C=ES',
  '3c5f81fea5fab82c64bfa2eaecafcde8e077fc8620a7cae537163df36edbf378':
    'EMAILADDRESS=info@e-szigno.hu, CN=Microsec e-Szigno Root CA 2009, O=Microsec Ltd., L=Budapest, C=HU',
  '358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02':
    'CN=Microsoft ECC Root Certificate Authority 2017, O=Microsoft Corporation, C=US',
  c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0:
    'CN=Microsoft RSA Root Certificate Authority 2017, O=Microsoft Corporation, C=US',
  '88f438dcf8ffd1fa8f429115ffe5f82ae1e06e0c70c375faad717b34a49e7265':
    'CN=NAVER Global Root Certification Authority, O=NAVER BUSINESS PLATFORM Corp., C=KR',
  '6c61dac3a2def031506be036d2a6fe401994fbd13df9c8d466599274c446ec98':
    'CN=NetLock Arany (Class Gold) Főtanúsítvány, OU=Tanúsítványkiadók (Certification Services), O=NetLock Kft., L=Budapest, C=HU',
  '15f0ba00a3ac7af3ac884c072b1011a077bd77c097f40164b2f8598abd83860c':
    'CN=Network Solutions Certificate Authority, O=Network Solutions L.L.C., C=US',
  '6b9c08e86eb0f767cfad65cd98b62149e5494a67f5845e7bd1ed019f27b86bd6':
    'CN=OISTE WISeKey Global Root GB CA, OU=OISTE Foundation Endorsed, O=WISeKey, C=CH',
  '8560f91c3624daba9570b5fea0dbe36ff11a8323be9486854fb3f34a5571198d':
    'CN=OISTE WISeKey Global Root GC CA, OU=OISTE Foundation Endorsed, O=WISeKey, C=CH',
  '8a866fd1b276b57e578e921c65828a2bed58e9f2f288054134b7f1f4bfc9cc74':
    'CN=QuoVadis Root CA 1 G3, O=QuoVadis Limited, C=BM',
  '85a0dd7dd720adb7ff05f83d542b209dc7ff4528f7d677b18389fea5e5c49e86':
    'CN=QuoVadis Root CA 2, O=QuoVadis Limited, C=BM',
  '8fe4fb0af93a4d0d67db0bebb23e37c71bf325dcbcdd240ea04daf58b47e1840':
    'CN=QuoVadis Root CA 2 G3, O=QuoVadis Limited, C=BM',
  '18f1fc7f205df8adddeb7fe007dd57e3af375a9c4d8d73546bf4f1fed1e18d35':
    'CN=QuoVadis Root CA 3, O=QuoVadis Limited, C=BM',
  '88ef81de202eb018452e43f864725cea5fbd1fc2d9d205730709c5d8b8690f46':
    'CN=QuoVadis Root CA 3 G3, O=QuoVadis Limited, C=BM',
  '4200f5043ac8590ebb527d209ed1503029fbcbd41ca1b506ec27f15ade7dac69':
    'CN=Secure Global CA, O=SecureTrust Corporation, C=US',
  bf0feefb9e3a581ad5f9e9db7589985743d261085c4d314f6f5d7259aa421612:
    'CN=SecureSign RootCA11, O="Japan Certification Services, Inc.", C=JP',
  f1c1b50ae5a20dd8030ec9f6bc24823dd367b5255759b4e71b61fce9f7375d73:
    'CN=SecureTrust CA, O=SecureTrust Corporation, C=US',
  e75e72ed9f560eec6eb4800073a43fc3ad19195a392282017895974a99026b6c:
    'OU=Security Communication RootCA1, O=SECOM Trust.net, C=JP',
  '513b2cecb810d4cde5dd85391adfc6c2dd60d87bb736d2b521484aa47a0ebef6':
    'OU=Security Communication RootCA2, O="SECOM Trust Systems CO.,LTD.", C=JP',
  '22a2c1f7bded704cc1e701b5f408c310880fe956b5de2a4a44f99c873a25a7c8':
    'CN=SSL.com EV Root Certification Authority ECC, O=SSL Corporation, L=Houston, ST=Texas, C=US',
  '2e7bf16cc22485a7bbe2aa8696750761b0ae39be3b2fe9d0cc6d4ef73491425c':
    'CN=SSL.com EV Root Certification Authority RSA R2, O=SSL Corporation, L=Houston, ST=Texas, C=US',
  '3417bb06cc6007da1b961c920b8ab4ce3fad820e4aa30b9acbc4a74ebdcebc65':
    'CN=SSL.com Root Certification Authority ECC, O=SSL Corporation, L=Houston, ST=Texas, C=US',
  '85666a562ee0be5ce925c1d8890a6f76a87ec16d4d7d5f29ea7419cf20123b69':
    'CN=SSL.com Root Certification Authority RSA, O=SSL Corporation, L=Houston, ST=Texas, C=US',
  '4d2491414cfe956746ec4cefa6cf6f72e28a1329432f9d8a907ac4cb5dadc15a':
    'CN=Staat der Nederlanden EV Root CA, O=Staat der Nederlanden, C=NL',
  '1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658':
    'OU=Starfield Class 2 Certification Authority, O="Starfield Technologies, Inc.", C=US',
  '2ce1cb0bf9d2f9e102993fbe215152c3b2dd0cabde1c68e5319b839154dbb7f5':
    'CN=Starfield Root Certificate Authority - G2, O="Starfield Technologies, Inc.", L=Scottsdale, ST=Arizona, C=US',
  '568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5':
    'CN=Starfield Services Root Certificate Authority - G2, O="Starfield Technologies, Inc.", L=Scottsdale, ST=Arizona, C=US',
  '62dd0be9b9f50a163ea0f8e75c053b1eca57ea55c8688f647c6881f2c8357b95':
    'CN=SwissSign Gold CA - G2, O=SwissSign AG, C=CH',
  be6c4da2bbb9ba59b6f3939768374246c3c005993fa98f020d1dedbed48a81d5:
    'CN=SwissSign Silver CA - G2, O=SwissSign AG, C=CH',
  a1339d33281a0b56e557d3d32b1ce7f9367eb094bd5fa72a7e5004c8ded7cafe:
    'CN=SZAFIR ROOT CA2, O=Krajowa Izba Rozliczeniowa S.A., C=PL',
  dd6936fe21f8f077c123a1a521c12224f72255b73e03a7260693e8a24b0fa389:
    'CN=TeliaSonera Root CA v1, O=TeliaSonera',
  '5a885db19c01d912c5759388938cafbbdf031ab2d48e91ee15589b42971d039c':
    'CN=TrustCor ECA-1, OU=TrustCor Certificate Authority, O=TrustCor Systems S. de R.L., L=Panama City, ST=Panama, C=PA',
  d40e9c86cd8fe468c1776959f49ea774fa548684b6c406f3909261f4dce2575c:
    'CN=TrustCor RootCert CA-1, OU=TrustCor Certificate Authority, O=TrustCor Systems S. de R.L., L=Panama City, ST=Panama, C=PA',
  '0753e940378c1bd5e3836e395daea5cb839e5046f1bd0eae1951cf10fec7c965':
    'CN=TrustCor RootCert CA-2, OU=TrustCor Certificate Authority, O=TrustCor Systems S. de R.L., L=Panama City, ST=Panama, C=PA',
  '97552015f5ddfc3c8788c006944555408894450084f100867086bc1a2bb58dc8':
    'CN=Trustwave Global Certification Authority, O="Trustwave Holdings, Inc.", L=Chicago, ST=Illinois, C=US',
  '945bbc825ea554f489d1fd51a73ddf2ea624ac7019a05205225c22a78ccfa8b4':
    'CN=Trustwave Global ECC P256 Certification Authority, O="Trustwave Holdings, Inc.", L=Chicago, ST=Illinois, C=US',
  '55903859c8c0c3ebb8759ece4e2557225ff5758bbd38ebd48276601e1bd58097':
    'CN=Trustwave Global ECC P384 Certification Authority, O="Trustwave Holdings, Inc.", L=Chicago, ST=Illinois, C=US',
  '91e2f5788d5810eba7ba58737de1548a8ecacd014598bc0b143e041b17052552':
    'CN=T-TeleSec GlobalRoot Class 2, OU=T-Systems Trust Center, O=T-Systems Enterprise Services GmbH, C=DE',
  fd73dad31c644ff1b43bef0ccdda96710b9cd9875eca7e31707af3e96d522bbd:
    'CN=T-TeleSec GlobalRoot Class 3, OU=T-Systems Trust Center, O=T-Systems Enterprise Services GmbH, C=DE',
  '46edc3689046d53a453fb3104ab80dcaec658b2660ea1629dd7e867990648716':
    'CN=TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1, OU=Kamu Sertifikasyon Merkezi - Kamu SM, O=Turkiye Bilimsel ve Teknolojik Arastirma Kurumu - TUBITAK, L=Gebze - Kocaeli, C=TR',
  '2e44102ab58cb85419451c8e19d9acf3662cafbc614b6a53960a30f7d0e2eb41':
    'CN=TunTrust Root CA, O=Agence Nationale de Certification Electronique, C=TN',
  '59769007f7685d0fcd50872f9f95d5755a5b2b457d81f3692b610a98672f0e1b':
    'CN=TWCA Global Root CA, OU=Root CA, O=TAIWAN-CA, C=TW',
  bfd88fe1101c41ae3e801bf8be56350ee9bad1a6b9bd515edc5c6d5b8711ac44:
    'CN=TWCA Root Certification Authority, OU=Root CA, O=TAIWAN-CA, C=TW',
  d43af9b35473755c9684fc06d7d8cb70ee5c28e773fb294eb41ee71722924d24:
    'CN=UCA Extended Validation Root, O=UniTrust, C=CN',
  '9bea11c976fe014764c1be56a6f914b5a560317abd9988393382e5161aa0493c':
    'CN=UCA Global G2 Root, O=UniTrust, C=CN',
  '4ff460d54b9c86dabfbcfc5712e0400d2bed3fbc4d4fbdaa86e06adcd2a9ad7a':
    'CN=USERTrust ECC Certification Authority, O=The USERTRUST Network, L=Jersey City, ST=New Jersey, C=US',
  e793c9b02fd8aa13e21c31228accb08119643b749c898964b1746d46c3d4cbd2:
    'CN=USERTrust RSA Certification Authority, O=The USERTRUST Network, L=Jersey City, ST=New Jersey, C=US',
  cecddc905099d8dadfc5b1d209b737cbe2c18cfb2c10c0ff0bcf0d3286fc1aa2:
    'CN=XRamp Global Certification Authority, O=XRamp Security Services Inc, OU=www.xrampsecurity.com, C=US',
};

/** The authorities of the list that AWS publishes for proxies of external key stores. */
export const TRUSTED_AUTHORITIES: readonly TrustedAuthority[] = Object.entries(NAMES).map(
  ([fingerprint, name]) => ({ name, fingerprint }),
);

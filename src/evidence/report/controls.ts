import { columns, type Section } from './model/document.js';

/** What a section of the report can be shown for. */
interface Mapping {
  readonly section: string;
  readonly pci: string;
  readonly dora: string;
  readonly iso: string;
  readonly nist: string;
}

/**
 * By the sections' ids.
 *
 * @see PCI DSS v4.0.1; Commission Delegated Regulation (EU) 2024/1774; ISO/IEC 27001:2022, Annex A;
 *   NIST SP 800-57 Part 1 Rev. 5
 */
const MAPPINGS: readonly Mapping[] = [
  {
    section: 'unsigned',
    pci: '10.3.2 audit logs are protected from modification; 10.3.4 changes are detected',
    dora: 'Art. 12(2)(d) protection of log information against tampering and deletion',
    iso: 'A.8.15',
    nist: 'Section 9 (audit)',
  },
  {
    section: 'coverage',
    pci: '10.2.1 audit logs are enabled and active; 10.3 logs are protected (with audit verify)',
    dora: 'Art. 12(2)(d) protection of log information against tampering and deletion',
    iso: 'A.8.15',
    nist: 'Section 9 (audit)',
  },
  {
    section: 'operations',
    pci: '3.6.1.1 location of key management devices; 10.2.2 who, what, when, result, origin',
    dora: 'Art. 6(2)(d) correct use of keys; Art. 12(2)(c)(i) logical access, (iv) ICT operations',
    iso: 'A.8.15, A.8.24',
    nist: 'Section 5.3 (originator and recipient usage), Section 9 (accountability)',
  },
  {
    section: 'keys',
    pci: '3.6.1.1 algorithms, keys, strength, usage; 3.7.4 cryptoperiods; 3.7.5 retired keys',
    dora: 'Art. 7(1) lifecycle: generating, renewing, retiring; Art. 6(2)(d)',
    iso: 'A.8.24',
    nist: 'Section 5.3 (cryptoperiods), Section 8 (phases), Section 9 (inventories)',
  },
  {
    section: 'denials',
    pci: '10.2.1.4 invalid logical access attempts',
    dora: 'Art. 7(2) protection against unauthorised access; Art. 12(2)(c)(i)',
    iso: 'A.8.15, A.8.24',
    nist: 'Section 9 (accountability)',
  },
  {
    section: 'disabled-keys',
    pci: '3.7.5 retired or replaced keys are not used for encryption',
    dora: 'Art. 7(1) retiring, revoking and destroying; Art. 7(2)',
    iso: 'A.8.24',
    nist: 'Section 7 (key states and transitions)',
  },
  {
    section: 'unauthenticated',
    pci: '10.2.1.4 invalid logical access attempts',
    dora: 'Art. 12(2)(b) detection of anomalous activities; Art. 12(2)(c)(i)',
    iso: 'A.8.15',
    nist: 'Section 9 (audit)',
  },
  {
    section: 'administration',
    pci: '10.2.1.2 acts with administrative access; 10.2.1.5 changes to credentials; 3.7.1 key generation',
    dora: 'Art. 7(1) lifecycle; Art. 12(2)(c)(iii) change management',
    iso: 'A.8.15, A.8.24',
    nist: 'Section 8 (phases), Section 9 (accountability)',
  },
  {
    section: 'lifecycle',
    pci: '10.2.1.6 starting and stopping of audit logs',
    dora: 'Art. 12(2)(c)(iii) change management, (iv) ICT system activities',
    iso: 'A.8.15',
    nist: 'Section 9 (audit)',
  },
  {
    section: 'gaps',
    pci: '10.2.1.6 stopping or pausing of audit logs; 10.7.2 failures of audit logging are detected',
    dora: 'Art. 12(2)(e) detection of a failure of logging systems; Art. 12(2)(f) clocks',
    iso: 'A.8.15',
    nist: 'Section 9 (audit)',
  },
];

/** The appendix: what each section can support. @param sections those of the report, in their order */
export function controlsSection(sections: readonly Section[]): Section {
  return {
    id: 'controls',
    title: 'Appendix: controls that this evidence supports',
    about:
      'Each section can serve as evidence for the controls beside it. It is not a statement that a control ' +
      'is met: that depends on scope, policy and procedures which no log shows, and is for the assessor ' +
      'to decide. The text of the standards is what counts.',
    tables: [
      {
        id: 'controls',
        title: 'Sections and controls',
        columns: columns({
          section: 'Section',
          pciDss: 'PCI DSS v4.0.1',
          dora: 'DORA: Delegated Regulation (EU) 2024/1774',
          iso27001: 'ISO/IEC 27001:2022, Annex A',
          nist80057: 'NIST SP 800-57 Part 1 Rev. 5',
        }),
        rows: sections.flatMap(({ id, title }) =>
          MAPPINGS.filter(({ section }) => section === id).map(({ pci, dora, iso, nist }) => [
            title,
            pci,
            dora,
            iso,
            nist,
          ]),
        ),
      },
    ],
  };
}

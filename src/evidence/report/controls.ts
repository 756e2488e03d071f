import { columns, type Section } from './model/document.js';

/** The standards, by the keys of their columns. */
const STANDARDS = {
  pciDss: 'PCI DSS v4.0.1',
  dora: 'DORA: Delegated Regulation (EU) 2024/1774',
  iso27001: 'ISO/IEC 27001:2022, Annex A',
  nist80057: 'NIST SP 800-57 Part 1 Rev. 5',
};

/**
 * Controls that a section of the report can be shown for, by the sections' ids.
 *
 * @see PCI DSS v4.0.1; Commission Delegated Regulation (EU) 2024/1774; ISO/IEC 27001:2022, Annex A;
 *   NIST SP 800-57 Part 1 Rev. 5
 */
const CONTROLS: Readonly<Record<string, Readonly<Record<keyof typeof STANDARDS, string>>>> = {
  summary: {
    pciDss: '10.4.1 logs are reviewed; 10.3.4 changes to logs are detected',
    dora: 'Art. 12(2)(b) detection of anomalous activities; Art. 12(2)(d)',
    iso27001: 'A.8.15, A.8.16',
    nist80057: 'Section 9 (audit)',
  },
  unsigned: {
    pciDss: '10.3.2 audit logs are protected from modification; 10.3.4 changes are detected',
    dora: 'Art. 12(2)(d) protection of log information against tampering and deletion',
    iso27001: 'A.8.15',
    nist80057: 'Section 9 (audit)',
  },
  coverage: {
    pciDss: '10.2.1 audit logs are enabled and active; 10.3 logs are protected (with audit verify)',
    dora: 'Art. 12(2)(d) protection of log information against tampering and deletion',
    iso27001: 'A.8.15',
    nist80057: 'Section 9 (audit)',
  },
  'key-principals': {
    pciDss: '10.2.2 who, what, when, result; 7.2.4 review of access',
    dora: 'Art. 6(2)(d) correct use of keys; Art. 12(2)(c)(i) logical access',
    iso27001: 'A.5.18, A.8.15, A.8.24',
    nist80057: 'Section 5.3 (originator and recipient usage), Section 9 (accountability)',
  },
  administration: {
    pciDss:
      '10.2.1.2 acts with administrative access; 10.2.1.5 changes to credentials; 3.7.1 key generation',
    dora: 'Art. 7(1) lifecycle; Art. 12(2)(c)(iii) change management',
    iso27001: 'A.8.15, A.8.24',
    nist80057: 'Section 8 (phases), Section 9 (accountability)',
  },
  operations: {
    pciDss: '3.6.1.1 location of key management devices; 10.2.2 who, what, when, result, origin',
    dora: 'Art. 6(2)(d) correct use of keys; Art. 12(2)(c)(i) logical access, (iv) ICT operations',
    iso27001: 'A.8.15, A.8.24',
    nist80057: 'Section 5.3 (originator and recipient usage), Section 9 (accountability)',
  },
  keys: {
    pciDss: '3.6.1.1 algorithms, keys, strength, usage; 3.7.4 cryptoperiods; 3.7.5 retired keys',
    dora: 'Art. 7(1) lifecycle: generating, renewing, retiring; Art. 6(2)(d)',
    iso27001: 'A.8.24',
    nist80057: 'Section 5.3 (cryptoperiods), Section 8 (phases), Section 9 (inventories)',
  },
  denials: {
    pciDss: '10.2.1.4 invalid logical access attempts',
    dora: 'Art. 7(2) protection against unauthorised access; Art. 12(2)(c)(i)',
    iso27001: 'A.8.15, A.8.24',
    nist80057: 'Section 9 (accountability)',
  },
  'disabled-keys': {
    pciDss: '3.7.5 retired or replaced keys are not used for encryption',
    dora: 'Art. 7(1) retiring, revoking and destroying; Art. 7(2)',
    iso27001: 'A.8.24',
    nist80057: 'Section 7 (key states and transitions)',
  },
  unauthenticated: {
    pciDss: '10.2.1.4 invalid logical access attempts',
    dora: 'Art. 12(2)(b) detection of anomalous activities; Art. 12(2)(c)(i)',
    iso27001: 'A.8.15',
    nist80057: 'Section 9 (audit)',
  },
  lifecycle: {
    pciDss: '10.2.1.6 starting and stopping of audit logs',
    dora: 'Art. 12(2)(c)(iii) change management, (iv) ICT system activities',
    iso27001: 'A.8.15',
    nist80057: 'Section 9 (audit)',
  },
  gaps: {
    pciDss:
      '10.2.1.6 stopping or pausing of audit logs; 10.7.2 failures of audit logging are detected',
    dora: 'Art. 12(2)(e) detection of a failure of logging systems; Art. 12(2)(f) clocks',
    iso27001: 'A.8.15',
    nist80057: 'Section 9 (audit)',
  },
};

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
        columns: columns({ section: 'Section', ...STANDARDS }),
        rows: sections.map(({ id, title }) => ({ section: title, ...CONTROLS[id] })),
      },
    ],
  };
}

import type { SectionPlan } from './model/collector.js';
import { type Section, shapeOf } from './model/document.js';

const CONTROLS = shapeOf('controls', 'Sections and controls', {
  section: 'Section',
  pciDss: 'PCI DSS v4.0.1',
  dora: 'DORA: Delegated Regulation (EU) 2024/1774',
  iso27001: 'ISO/IEC 27001:2022, Annex A',
  nist80057: 'NIST SP 800-57 Part 1 Rev. 5',
});

/**
 * Makes the appendix: the controls that each section can support.
 *
 * @see PCI DSS v4.0.1; Commission Delegated Regulation (EU) 2024/1774; ISO/IEC 27001:2022, Annex A;
 *   NIST SP 800-57 Part 1 Rev. 5
 */
export function controlsSection(
  plans: readonly Pick<SectionPlan, 'title' | 'controls'>[],
): Section {
  const rows = plans.map(({ title: section, controls }) => {
    const [pciDss, dora, iso27001, nist80057] = controls;
    return { section, pciDss, dora, iso27001, nist80057 };
  });
  return {
    id: 'controls',
    title: 'Appendix: controls that this evidence supports',
    about:
      'Each section can serve as evidence for the controls beside it. It is not a statement that a control ' +
      'is met: that depends on scope, policy and procedures which no log shows, and is for the assessor ' +
      'to decide. The text of the standards is what counts.',
    tables: [{ ...CONTROLS, rows }],
  };
}

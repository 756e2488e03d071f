/** The report's style sheet. No font, image or anything else is loaded. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #57606a; --back: #fff; --head: #eef2f6;
  --line: #d5dae0; --link: #1f4e79; --mark: #fdecea; --box: #f6f8fa; --success: #2f6ea5;
  --failure: #d98324; --shade: #0003; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9da7b3; --back: #12161c; --head: #1f2630; --line: #323b47;
    --link: #7cb8f0; --mark: #4a1f1f; --box: #1a2029; --success: #5b9fd8; --failure: #e59a45;
    --shade: #fff4; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 1.5rem; color: var(--text);
  background: var(--back); font: 16px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9em; line-height: 1.2; margin: 0 0 .25rem; }
h2 { margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 2px solid var(--link);
  font-size: 1.35em; }
h3 { margin: 1.5rem 0 .4rem; font-size: 1.05em; }
p { max-width: 52rem; margin: .4rem 0; }
a { color: var(--link); }
header h2 { margin-top: 1.25rem; }
.statement { border-left: 4px solid var(--link); background: var(--box); padding: .5rem 1rem;
  margin: 1rem 0; max-width: 56rem; overflow-wrap: anywhere; }
.note, .about, .period, .legend { color: var(--quiet); }
.about { font-size: .9em; margin-top: .8rem; }
nav h2 { font-size: 1.1em; }
nav ul { columns: 18rem; padding-left: 1.2rem; margin: .4rem 0; max-width: 60rem; }
.scroll { overflow-x: auto; max-width: 100%; background:
  linear-gradient(to right, var(--back) 40%, transparent) left / 2rem 100% local,
  linear-gradient(to left, var(--back) 40%, transparent) right / 2rem 100% local,
  linear-gradient(to right, var(--shade), transparent) left / .7rem 100% scroll,
  linear-gradient(to left, var(--shade), transparent) right / .7rem 100% scroll;
  background-repeat: no-repeat; }
table { border-collapse: collapse; font-size: .85em; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
thead th, thead td { background: var(--head); vertical-align: bottom; }
td { overflow-wrap: break-word; }
td.prose { min-width: 15rem; max-width: 44rem; }
td.code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8em;
  min-width: 12rem; overflow-wrap: anywhere; }
.number { text-align: right; }
td.number { font-variant-numeric: tabular-nums; }
td.number, td.time { white-space: nowrap; }
.across th { background: var(--head); white-space: nowrap; }
.across td.number { text-align: left; }
tr.marked td { background: var(--mark); font-weight: 600; }
.bar { width: 9rem; min-width: 5rem; }
.bar svg { display: block; width: 100%; height: .75rem; margin-top: .25rem; }
.success { fill: var(--success); }
.failure { fill: var(--failure); }
.legend svg { width: .75rem; height: .75rem; margin-left: .6rem; }
figure { margin: .5rem 0; max-width: 60rem; }
figure svg { display: block; width: 100%; height: 9rem; border-bottom: 1px solid var(--quiet); }
figcaption { display: flex; justify-content: space-between; gap: 1rem; font-size: .8em;
  color: var(--quiet); }
.steps { max-height: 24rem; overflow: auto; width: fit-content; }
@media screen and (min-width: 80rem) {
  body { display: grid; grid-template-columns: 15rem minmax(0, 1fr); column-gap: 2.5rem; }
  nav { grid-column: 1; grid-row: 1 / 3; align-self: start; position: sticky; top: 1.5rem; }
  nav h2 { margin-top: 0; }
  nav ul { columns: 1; }
  header, main { grid-column: 2; }
}
@media screen and (max-width: 40rem) {
  body { padding: .75rem; }
  .bar { display: none; }
  .across th { white-space: normal; }
  [aria-labelledby="table-findings"] thead { display: none; }
  [aria-labelledby="table-findings"] tr { display: flex; flex-wrap: wrap; padding: .4rem 0;
    border-bottom: 1px solid var(--line); }
  [aria-labelledby="table-findings"] tr.marked { background: var(--mark); }
  [aria-labelledby="table-findings"] td { border: 0; padding: .1rem .4rem; }
  [aria-labelledby="table-findings"] td.prose { flex-basis: 100%; }
}
@page { size: landscape; margin: 14mm 12mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h2, h3, figure, .legend { break-after: avoid; }
  tr, figure, svg, .short { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; max-height: none; background: none; }
  .steps { columns: 3; width: auto; column-gap: 8mm; }
  table { font-size: 7.5pt; }
  td.code { font-size: 7pt; min-width: 8rem; }
  td.prose { min-width: 8rem; }
  th, td { padding: .15rem .4rem; }
  .bar { width: 6rem; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; }
}
`;

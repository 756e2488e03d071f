/** The report's style sheet. No font, image or anything else is loaded. */
export const STYLE = `
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: #1b1f24; background: #fff;
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; }
h2 { margin: 2.5rem 0 .25rem; padding-top: .75rem; border-top: 2px solid #1f4e79; font-size: 1.35rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; }
p { max-width: 48rem; margin: .4rem 0; }
a { color: #1f4e79; }
.period { font-size: 1.1rem; }
.statement { border-left: 4px solid #8a5a00; background: #fff8e6; padding: .6rem 1rem; margin: 1rem 0; }
.note, .empty { color: #4b5563; }
nav ul { columns: 2; padding-left: 1.2rem; max-width: 48rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { border-bottom: 1px solid #d5dae0; padding: .3rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; min-width: 3.5rem; }
th { background: #eef2f6; overflow-wrap: normal; }
th.number, td.number { text-align: right; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.time { white-space: nowrap; }
tr.marked td { background: #fdecea; font-weight: 600; }
svg { display: block; max-width: 100%; height: auto; margin: .5rem 0; font-size: 12px; }
svg text { fill: #1b1f24; dominant-baseline: middle; }
svg text.label { text-anchor: end; }
svg line { stroke: #6b7280; }
.success { fill: #1f4e79; }
.failure { fill: #d98324; stroke: #7a4300; stroke-width: .5; }
.legend svg { display: inline-block; margin: 0 .2rem 0 .8rem; vertical-align: middle; }
footer { margin-top: 3rem; color: #4b5563; font-size: .85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  svg, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  * { print-color-adjust: exact; }
}
`;

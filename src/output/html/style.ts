/** How pages look: on screens from 320 pixels on, in light and dark, and on paper, where they are always light. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2430; --muted: #5a6474; --line: #dde2e9; --tint: #f5f7fa;
  --good: #15803d; --bad: #b42318; --notice: #8a5a00; --notice-tint: #fff6e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181f; --ink: #e6e9ee; --muted: #9aa5b5; --line: #303845; --tint: #1c222b;
    --good: #4ade80; --bad: #ff8f85; --notice: #f0c36b; --notice-tint: #2c2516;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif;
}
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 0.5rem; font-size: 1.25rem; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1rem; }
p { margin: 0.5rem 0; }
.lead { font-size: 1.1rem; color: var(--muted); overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; margin: 0.75rem 0 0; padding: 0 0 1rem;
  border-bottom: 1px solid var(--line); list-style: none; color: var(--muted); font-size: 0.875rem; }
.muted { color: var(--muted); }
.small { font-size: 0.875em; }
.said { white-space: pre-line; overflow-wrap: anywhere; }
code, .hash { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.8125rem;
  overflow-wrap: anywhere; }
.notice { margin: 1rem 0; padding: 0.6rem 0.9rem; border-left: 4px solid var(--notice); background: var(--notice-tint); }
.scroll { overflow-x: auto; }
table { width: 100%; margin: 0.75rem 0; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 0.4rem; text-align: left; color: var(--muted); }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-size: 0.75rem; font-weight: 600; letter-spacing: 0.03em; white-space: nowrap; }
td { overflow-wrap: break-word; }
td.text { min-width: 6rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.id { white-space: nowrap; }
td.time { white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.3rem 1.25rem; margin: 0.75rem 0; }
dt { color: var(--muted); }
dd { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
figure { margin: 1.25rem 0; }
figcaption { margin: 0 0 0.4rem; font-weight: 600; font-size: 0.9375rem; }
figcaption .muted { font-weight: 400; }
.chart { width: 100%; overflow: hidden; }
.uplot { font-family: inherit; max-width: 100%; }
.u-legend { width: auto; margin: 0.25rem 0 0; font-size: 0.8125rem; text-align: left; }
.u-legend th, .u-legend td { padding: 0 4px; border: 0; font-weight: 400; }
.u-inline.u-live th::after { content: ""; }
.u-legend .u-value { color: var(--muted); }
.chart:not(:hover) .u-live tr:first-child, .chart:not(:hover) .u-live .u-value { display: none; }
.single:not(:hover) .u-legend { visibility: hidden; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
.pictures figure { margin: 0; }
.pictures img { display: block; width: 100%; max-height: 22rem; object-fit: contain; border: 1px solid var(--line);
  background: var(--tint); }
.pictures figcaption { margin: 0.4rem 0 0; font-weight: 400; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: 0.75rem; margin: 1rem 0; }
.card { padding: 0.75rem 0.9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--tint); }
.card .label { color: var(--muted); font-size: 0.8125rem; }
.card .value { font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.card .change { font-size: 0.8125rem; }
@media (max-width: 34rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.5rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --muted: #444; --line: #bbb; --tint: #fff;
    --good: #15803d; --bad: #b42318; --notice: #8a5a00; --notice-tint: #fff;
  }
  @page { margin: 15mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  h2, h3, figcaption { break-after: avoid; }
  figure, tr, .card, .notice { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 8pt; }
  td.id, thead th { white-space: normal; }
  .u-live .u-value, .u-live tr:first-child, .single .u-legend { display: none !important; }
}
`;

import { createHash } from "node:crypto";
import { CHART_SCRIPT, chartLibrary } from "./chart-script.ts";
import { hasCharts } from "./figure.ts";
import { html, type Markup, markupText, trusted } from "./markup.ts";
import { PAGE_STYLE } from "./style.ts";

export interface PageText {
  title: string;
  /** What it answers or is about, in one sentence. */
  lead: string;
  /** What it covers, and when it was made: short texts, one after the other. */
  facts: readonly string[];
  body: Markup;
}

/**
 * One whole page, which needs nothing but itself: style, charts and pictures stand in it, and its policy lets it ask for
 * nothing and run nothing but its own scripts, whatever a text in it says.
 */
export function page({ title, lead, facts, body }: PageText): string {
  const library = hasCharts(body) ? chartLibrary() : undefined;
  const scripts = library ? [library.script, CHART_SCRIPT] : [];
  const policy = [
    "default-src 'none'",
    "img-src data:",
    "style-src 'unsafe-inline'",
    `script-src ${scripts.map(sourceOf).join(" ") || "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return markupText(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(`${library?.style ?? ""}${PAGE_STYLE}`)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="lead">${lead}</p>
<ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}</ul>
</header>
${body}
</main>
${scripts.map((script) => html`<script>${trusted(script)}</script>\n`)}</body>
</html>
`);
}

const sourceOf = (script: string): string =>
  `'sha256-${createHash("sha256").update(script).digest("base64")}'`;

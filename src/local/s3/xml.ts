import type { S3Error } from "./errors.ts";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An element's name and what it holds: text, or elements in their order. */
export type Element = readonly [name: string, content: string | readonly Element[]];

/** A document in S3's namespace. */
export function xmlDocument(name: string, elements: readonly Element[]): string {
  const content = elements.map(render).join("");
  return `${DECLARATION}<${name} xmlns="${NAMESPACE}">${content}</${name}>`;
}

export function errorDocument(error: S3Error, requestId: string): string {
  const elements: Element[] = [
    ["Code", error.code],
    ["Message", error.message],
    ["RequestId", requestId],
  ];
  return DECLARATION + render(["Error", elements]);
}

function render([name, content]: Element): string {
  const inner = typeof content === "string" ? escapeText(content) : content.map(render).join("");
  return `<${name}>${inner}</${name}>`;
}

/** Line ends and other control characters go as references, which parsers do not normalise. */
function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/\p{Cc}/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

/** Everything that decides what a line of text looks like and where it breaks, except its colour. */
const TEXT_PROPERTIES = [
  "direction",
  "font-family",
  "font-feature-settings",
  "font-kerning",
  "font-optical-sizing",
  "font-size",
  "font-size-adjust",
  "font-stretch",
  "font-style",
  "font-variant-alternates",
  "font-variant-caps",
  "font-variant-east-asian",
  "font-variant-ligatures",
  "font-variant-numeric",
  "font-variant-position",
  "font-variation-settings",
  "font-weight",
  "letter-spacing",
  "line-break",
  "line-height",
  "overflow-wrap",
  "tab-size",
  "text-rendering",
  "text-transform",
  "unicode-bidi",
  "word-break",
  "word-spacing",
  "-webkit-font-smoothing",
];

export function textStyle(style: CSSStyleDeclaration): ReadonlyMap<string, string> {
  return new Map(TEXT_PROPERTIES.map((name) => [name, style.getPropertyValue(name)]));
}

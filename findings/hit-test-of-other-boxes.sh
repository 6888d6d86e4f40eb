#!/usr/bin/env bash
# Chromium: asking what lies at a point of a text area costs more with each positioned row of a list elsewhere.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

chromium=$(command -v "${CHROMIUM:-chromium}")
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" playwright-core@1.65.1

cat >"$folder/drive.mjs" <<'JAVASCRIPT'
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const ROWS = 12_500;
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--headless=new", "--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
console.log(`version    Chromium ${browser.version()}`);
console.log("guess      elementFromPoint in a text area takes the same time, whatever a list below the text area holds:");
console.log("           the list clips its rows, and none of them is near the point");
console.log("behaviour  rows with position: relative, contain: content or content-visibility: auto are all visited");

/** The median time of elementFromPoint at 21 points of the text area, in milliseconds. */
async function time(style) {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
  await page.setContent(
    `<style>
      body { margin: 0 } textarea { display: block; width: 500px; height: 100px }
      div { height: 300px; overflow: auto } p { margin: 0; height: 20px; ${style} }
    </style>
    <textarea></textarea><div>${"<p>A row</p>".repeat(ROWS)}</div>`,
  );
  await page.waitForTimeout(1000);
  const median = await page.evaluate(() => {
    const ask = (x) => {
      const begun = performance.now();
      // Ten times, because the browser's clock is coarse.
      for (let time = 0; time < 10; time++) document.elementFromPoint(x, 50);
      return (performance.now() - begun) / 10;
    };
    ask(40);
    return Array.from({ length: 21 }, (_, index) => ask(50 + index)).sort((a, b) => a - b)[10];
  });
  await page.close();
  return median;
}

const plain = await time("");
console.log(`output     ${ROWS} plain rows: ${plain.toFixed(2)} ms`);
for (const style of ["position: relative", "contain: content", "content-visibility: auto"]) {
  const styled = await time(style);
  console.log(`           ${style}: ${styled.toFixed(1)} ms`);
  assert.ok(styled > 1, `${style} costs no more than 1 ms any more`);
  assert.ok(styled > 20 * plain, `${style} no longer costs over twenty times as much`);
}
await browser.close();
JAVASCRIPT

cd "$folder"
node drive.mjs "$chromium"

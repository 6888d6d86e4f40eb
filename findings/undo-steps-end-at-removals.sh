#!/usr/bin/env bash
# Chromium: removing or moving any node of the page ends the undo step of a text area.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

chromium=$(command -v "${CHROMIUM:-chromium}")
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" playwright-core@1.65.1

cat >"$folder/drive.mjs" <<'JAVASCRIPT'
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const TYPED = "one step";
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--headless=new", "--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
console.log(`version    Chromium ${browser.version()}`);
console.log("guess      what a script does elsewhere on the page, in a closed shadow tree, has no effect on the undo steps");
console.log("           of a text area: one Ctrl-Z removes all that was typed without a pause");
console.log("behaviour  if a node was removed or moved after each key, one Ctrl-Z removes one letter. Added nodes,");
console.log("           changed texts and changed styles have no effect");

/** What a script does to `root`, a closed shadow tree with many elements, after each key. */
const ACTS = {
  "does nothing": "",
  "adds an element": "root.append(document.createElement('i'))",
  "changes a text": "root.firstChild.firstChild.data = String(Math.random())",
  "hides an element": "root.lastChild.style.display = 'none'",
  "removes an element": "root.lastChild.remove()",
  "moves an element": "root.append(root.firstChild)",
};

async function leftAfterUndo(act) {
  const page = await browser.newPage();
  await page.setContent("<textarea></textarea><div></div>");
  await page.evaluate((act) => {
    const root = document.querySelector("div").attachShadow({ mode: "closed" });
    root.innerHTML = "<i>a</i>".repeat(50);
    const run = new Function("root", act);
    const field = document.querySelector("textarea");
    field.addEventListener("input", () => setTimeout(() => run(root)));
    field.focus();
  }, act);
  await page.keyboard.type(TYPED, { delay: 20 });
  await page.waitForTimeout(200);
  await page.keyboard.press("Control+z");
  const left = await page.locator("textarea").inputValue();
  await page.close();
  return left;
}

let label = "output    ";
for (const [name, act] of Object.entries(ACTS)) {
  const left = await leftAfterUndo(act);
  console.log(`${label} a script ${name}: "${left}" is left`);
  label = "          ";
  assert.equal(left, /removes|moves/.test(name) ? TYPED.slice(0, -1) : "");
}
await browser.close();
JAVASCRIPT

cd "$folder"
node drive.mjs "$chromium"

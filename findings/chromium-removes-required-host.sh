#!/usr/bin/env bash
# Chromium: removing the optional permission for all sites also removes a host that the manifest requires.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

chromium=$(command -v "${CHROMIUM:-chromium}")
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" playwright-core@1.65.1

# An extension that requires one host and may ask for all others.
mkdir "$folder/extension"
cat >"$folder/extension/manifest.json" <<'JSON'
{
  "manifest_version": 3,
  "name": "A required host",
  "version": "1",
  "host_permissions": ["http://127.0.0.1/*"],
  "optional_host_permissions": ["http://*/*", "https://*/*"],
  "background": { "service_worker": "worker.js" }
}
JSON
echo '// Only there to be asked.' >"$folder/extension/worker.js"
echo '<!doctype html><button>Ask</button><script src="page.js"></script>' >"$folder/extension/page.html"
cat >"$folder/extension/page.js" <<'JAVASCRIPT'
document.querySelector("button").addEventListener("click", async () => {
  const granted = await chrome.permissions.request({ origins: ["http://*/*", "https://*/*"] });
  document.title = `granted: ${granted}`;
});
JAVASCRIPT

cat >"$folder/drive.mjs" <<'JAVASCRIPT'
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [executablePath, extension, profile] = process.argv.slice(2);
const REQUIRED = "http://127.0.0.1/*";
const ALL = ["http://*/*", "https://*/*"];

async function start() {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    args: [
      "--headless=new",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--load-extension=${extension}`,
      `--disable-extensions-except=${extension}`,
      ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  return { context, worker };
}

async function originsOf(worker) {
  const { origins } = await worker.evaluate("chrome.permissions.getAll()");
  return origins.sort();
}

let { context, worker } = await start();
console.log(`version    Chromium ${context.browser().version()}`);
console.log("guess      permissions.remove gives back what was optional; what the manifest requires stays, since");
console.log("           removing it is refused");
console.log("behaviour  removing http://*/* also takes the required http://127.0.0.1/*, and remove() says true.");
console.log("           The next start of the browser brings it back");

const seen = [];
const look = async (when) => seen.push([when, await originsOf(worker)]);
await look("installed");

// The user's "yes" to the question that the browser is going to ask; nothing is granted by this alone.
const settings = await context.newPage();
await settings.goto("chrome://extensions");
const id = new URL(worker.url()).host;
for (const host of ALL) {
  await settings.evaluate(([id, host]) => chrome.developerPrivate.addHostPermission(id, host), [id, host]);
}
const page = await context.newPage();
await page.goto(`chrome-extension://${id}/page.html`);
await page.click("button");
await page.waitForFunction(() => document.title === "granted: true");
await look("all sites granted");

const refusal = await worker.evaluate(`chrome.permissions.remove({ origins: ["${REQUIRED}"] }).catch((error) => error.message)`);
await look("required host removed");
const removed = await worker.evaluate(`chrome.permissions.remove({ origins: ${JSON.stringify(ALL)} })`);
await look("all sites removed");
const { host_permissions: manifest } = await worker.evaluate("chrome.runtime.getManifest()");
await context.close();
({ context, worker } = await start());
await look("browser restarted");
await context.close();

console.log("output     permissions.getAll().origins:");
for (const [when, origins] of seen) console.log(`           ${when.padEnd(23)} ${origins.join(" ") || "none"}`);
console.log(`           remove the required host alone: ${refusal}`);
console.log(`           remove all sites: ${removed}`);
console.log(`           host_permissions of the manifest meanwhile: ${manifest.join(" ")}`);
const [installed, granted, refused, without, restarted] = seen.map(([, origins]) => origins);
assert.deepEqual(installed, [REQUIRED]);
assert.deepEqual(granted, ["http://*/*", REQUIRED, "https://*/*"].sort());
assert.deepEqual(refused, granted, "the required host alone can be removed now");
assert.equal(removed, true);
assert.deepEqual(without, [], "the required host stays now");
assert.deepEqual(restarted, [REQUIRED]);
JAVASCRIPT

HOME="$folder" timeout 120 node "$folder/drive.mjs" "$chromium" "$folder/extension" "$folder/profile"
